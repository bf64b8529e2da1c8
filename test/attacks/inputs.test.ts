import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openScene, type Scene } from '../support/scene.ts';

function owned(scene: Scene): boolean {
  return existsSync(join(scene.dir, 'owned'));
}

const hostile = [
  '; touch owned',
  '$(touch owned)',
  '`touch owned`',
  '" && touch owned && "',
  "' && touch owned && '",
  '| touch owned',
  '\ntouch owned\n',
  '$IFS',
  '${PATH}',
  '*',
  "${{ 'a' + 'b' }}",
  '>owned',
];

describe('a parameter is never code', () => {
  const echoes = `
name: echoes
params: { value: { type: string } }
env: { VALUE: "\${{ params.value }}" }
steps:
  - id: script
    run: printf '%s\\n' "$VALUE"
  - id: program
    exec: ["printf", "%s\\n", "--", "\${{ params.value }}"]
  - id: words
    exec: printf %s\\n=\${{ params.value }}
`;

  test.each(hostile)('not %j', async (value) => {
    const scene = openScene({ runbook: echoes });
    expect((await scene.exec({ value })).steps[0]?.status).toBe('succeeded');
    expect(scene.output.text).toContain(`${value}\n`);
    expect(owned(scene)).toBe(false);
  });

  test('nor can it stand in a script', async () => {
    const scene = openScene({ runbook: echoes.replace('"$VALUE"', '${{ params.value }}') });
    await expect(scene.exec({ value: 'x' })).rejects.toMatchObject({ exitCode: 2 });
  });

  test.each(['exec: ["${{ params.value }}", "x"]', 'exec: ["sh", "-c", "${{ params.value }}"]'])(
    'nor in `%s`',
    async (step) => {
      const scene = openScene({
        runbook: `name: codes\nparams: { value: { type: string } }\nsteps:\n  - id: one\n    ${step}\n`,
      });
      await expect(scene.exec({ value: 'touch owned' })).rejects.toMatchObject({ exitCode: 2 });
      expect(owned(scene)).toBe(false);
    },
  );
});

describe('a parameter is never an option', () => {
  const removes = (argv: string) => `
name: removes
params: { value: { type: string } }
steps:
  - id: one
    exec: ${argv}
`;

  test.each(['-rf', '--help', '-', '-o/etc/x'])('not %j', async (value) => {
    const scene = openScene({ runbook: removes('["printf", "${{ params.value }}"]') });
    const report = await scene.exec({ value });
    expect(report.status).toBe('failed');
    expect(report.steps[0]?.reason).toContain('as an option');
  });

  test('behind `--` it is what it is', async () => {
    const scene = openScene({ runbook: removes('["printf", "--", "${{ params.value }}"]') });
    expect((await scene.exec({ value: '-rf' })).status).toBe('succeeded');
    expect(scene.output.text).toBe('-rf');
  });
});

describe('what a step prints', () => {
  const secret = 'hunter2-the-secret';
  const reference = (name: string) => ({ secret: name, commitment: 'a'.repeat(64) });

  test.each(['params.token', 'env.TOKEN', 'steps.look.outputs.found'])(
    'cannot pass for a secret (%s)',
    async (name) => {
      const scene = openScene({
        runbook: `
name: fakes
params: { token: { type: string, secret: true } }
steps:
  - id: look
    run: |
      printf '%s' '${JSON.stringify(reference(name))}'
    outputs: { found: json }
  - id: send
    env: { TOKEN: "\${{ params.token }}" , FOUND: "\${{ steps.look.outputs.found }}" }
    run: printf '%s' "$FOUND" > leaked
`,
      });
      const report = await scene.exec({ token: secret });
      expect(report.status).toBe('failed');
      expect(existsSync(join(scene.dir, 'leaked'))).toBe(false);
    },
  );

  test('is not read as a template', async () => {
    const scene = openScene({
      runbook: `
name: prints
params: { token: { type: string, secret: true } }
steps:
  - id: look
    run: printf '%s' '$''{{ params.token }}'
    outputs: { found: stdout }
  - id: send
    exec: ["printf", "%s", "\${{ steps.look.outputs.found }}"]
`,
    });
    expect((await scene.exec({ token: secret })).status).toBe('succeeded');
    expect(scene.output.text).toBe('${{ params.token }}${{ params.token }}');
  });

  test('cannot change what policy, people or the run are', async () => {
    const scene = openScene({
      runbook: `
name: lies
steps:
  - id: look
    run: |
      printf '%s' '{"approved": true, "initiator": {"kind": "robin"}, "environment": "local", "privileged": false}' > "$RUNBOOK_OUTPUT"
  - id: restart
    privileged: true
    run: touch owned
`,
    });
    expect((await scene.exec()).status).toBe('waiting');
    expect(owned(scene)).toBe(false);
  });
});

describe('$RUNBOOK_OUTPUT', () => {
  const writes = (script: string) => `
name: writes
steps:
  - id: one
    run: |
      ${script}
`;

  const abuses = [
    ['more than it takes', 'head -c 1100000 /dev/zero | tr "\\0" "=" > "$RUNBOOK_OUTPUT"'],
    ['a line without a name', 'echo nonsense > "$RUNBOOK_OUTPUT"'],
    ['half a JSON', 'echo "{ \\"a\\": " > "$RUNBOOK_OUTPUT"'],
    ['a name that is none', 'echo "Bad-Name=1" > "$RUNBOOK_OUTPUT"'],
    ['`__proto__`', 'echo "{ \\"__proto__\\": { \\"x\\": 1 } }" > "$RUNBOOK_OUTPUT"'],
    ['a fifo', 'rm "$RUNBOOK_OUTPUT"; mkfifo "$RUNBOOK_OUTPUT"'],
    ['a folder', 'rm "$RUNBOOK_OUTPUT"; mkdir "$RUNBOOK_OUTPUT"'],
    ['nothing, because it was removed', 'rm "$RUNBOOK_OUTPUT"'],
    ['an endless file', 'rm "$RUNBOOK_OUTPUT"; ln -s /dev/zero "$RUNBOOK_OUTPUT"'],
  ] as const;

  test.each(abuses)('with %s fails its step, with the reason', async (_, script) => {
    const scene = openScene({ runbook: writes(script) });
    const report = await scene.exec();
    expect(report).toMatchObject({ status: 'failed', steps: [{ status: 'failed' }] });
    const finished = (await scene.service().events(report.run, 0)).find(
      ({ event }) => event.type === 'step.finished',
    );
    expect(finished?.event.data).toMatchObject({ failure: 'outputs', outputs: null });
  });

  test('does not let a secret out under another name', async () => {
    const scene = openScene({
      runbook: `
name: leaks
params: { token: { type: string, secret: true } }
steps:
  - id: one
    env: { TOKEN: "\${{ params.token }}" }
    run: echo "value=$TOKEN" > "$RUNBOOK_OUTPUT"
`,
    });
    const report = await scene.exec({ token: 'hunter2-the-secret' });
    expect(report.status).toBe('failed');
    const log = JSON.stringify(await scene.service().events(report.run, 0));
    expect(log).not.toContain('hunter2');
  });
});
