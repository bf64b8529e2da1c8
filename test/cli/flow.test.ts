import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { aScene, type Said, type Scene, writeKey } from './scene.ts';

/** One story, told in order: a journal, two people, runs that wait and go on. */
const scene: Scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

interface RunJson {
  readonly run: string;
  readonly status: string;
  readonly exit_code: number;
  readonly requests: readonly { readonly request: string; readonly words: string }[];
  readonly next: { readonly command: string } | null;
}

async function json<T = RunJson>(...argv: readonly string[]): Promise<T> {
  const { stdout } = await scene.run(...argv, '--json');
  return JSON.parse(stdout) as T;
}

async function started(...argv: readonly string[]): Promise<{ run: string; words: string }> {
  const { run, requests } = await json('exec', 'hello', ...argv);
  return { run, words: requests[0]?.words ?? '' };
}

const robin = ['--key', 'robin.pem'];

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub', '--group', 'sre');
});

describe('init', () => {
  test('keeps what is there, and ends with the line that adds a second person', async () => {
    const people = join(scene.dir, 'config', 'people.yaml');
    const before = readFileSync(people, 'utf8');
    const { exitCode, stdout } = await scene.run('init');
    expect(exitCode).toBe(0);
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.slice(0, 4)),
    ).toEqual(['kept', 'kept', 'kept', 'kept', 'kept', 'To a', '  ru']);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      '  runbook people add NAME --ssh-key FILE.pub',
    );
    expect(readFileSync(people, 'utf8')).toBe(before);
  });

  test('writes for the owner alone', () => {
    expect(statSync(join(scene.dir, 'config')).mode & 0o777).toBe(0o700);
    expect(statSync(join(scene.dir, 'config', 'people.yaml')).mode & 0o777).toBe(0o600);
  });
});

describe('people', () => {
  test('are listed with their keys by fingerprint', async () => {
    const { stdout } = await scene.run('people', 'list');
    expect(stdout).toMatch(/^ana +\S+@\S+\nrobin {2}sre {2}SHA256:\S+\n$/);
  });

  test('keep the comments of their file', async () => {
    const text = readFileSync(join(scene.dir, 'config', 'people.yaml'), 'utf8');
    expect(text).toMatch(/^# Who may approve/);
  });

  test('cannot be added by a private key', async () => {
    const { exitCode, stderr } = await scene.run('people', 'add', 'kim', '--ssh-key', 'robin.pem');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('private key');
  });

  test('that are not there cannot be removed', async () => {
    const { exitCode, stderr } = await scene.run('people', 'remove', 'robbin');
    expect([exitCode, stderr]).toEqual([
      2,
      'error: `people.yaml` has no person `robbin`\nhint: did you mean `robin`?\n',
    ]);
  });
});

describe('runbooks', () => {
  test('are listed and shown', async () => {
    expect((await scene.run('list')).stdout).toMatchInlineSnapshot(`
      "hello  Say hello, then do something that another person must approve.
             params: who; 1 privileged step
      "
    `);
    expect((await scene.run('show', 'hello')).stdout).toMatchInlineSnapshot(`
      "hello  runbooks/hello.yaml
      Say hello, then do something that another person must approve.

      Parameters
        who  string, default world

      Steps
        ●  greet   Say hello
        ◆  change  Change something, privileged
      "
    `);
  });

  test('show their parameters as a JSON Schema', async () => {
    expect(await json('show', 'hello')).toMatchObject({
      name: 'hello',
      params: {
        type: 'object',
        properties: { who: { type: 'string', default: 'world' } },
        required: [],
        additionalProperties: false,
      },
      steps: [
        { id: 'greet', privileged: false },
        { id: 'change', privileged: true },
      ],
    });
  });

  test('say all that is wrong with them, with places', async () => {
    scene.write(
      'bad.yaml',
      'name: bad\nsteps:\n  - id: one\n    runn: ls\n  - id: two\n    tags: [priviledged]\n    run: ls\n',
    );
    const { exitCode, stdout } = await scene.run('validate', 'runbooks/hello.yaml', 'bad.yaml');
    expect(exitCode).toBe(2);
    expect(stdout).toContain('ok runbooks/hello.yaml\n');
    expect(stdout).toContain('bad.yaml:4:5: ');
    expect(stdout).toContain('bad.yaml:6:12: ');
    expect(await json('validate', 'bad.yaml')).toMatchObject({ ok: false });
  });

  test('are planned without a trace in the journal', async () => {
    const before = (await scene.run('audit', 'log')).stdout;
    const { exitCode, stdout } = await scene.run('plan', 'hello');
    expect(exitCode).toBe(0);
    expect(stdout.replace(/sha256 \w+/, 'sha256 …')).toMatchInlineSnapshot(`
      "hello in local

      ● greet  Say hello
        does   echo "hello, $WHO"
        needs  no approval

      ● change  Change something
        does    echo "changed something for $WHO"
        needs   approval by another person (A1)
        digest  sha256 …
      "
    `);
    expect((await scene.run('exec', 'hello', '--dry-run')).stdout).toBe(stdout);
    expect((await scene.run('audit', 'log')).stdout).toBe(before);
  });
});

describe('parameters', () => {
  test('come from flags, a file, the environment, in this order', async () => {
    scene.write(
      'secretive.yaml',
      `name: secretive
params:
  one: { type: string }
  two: { type: integer }
  token: { type: string, secret: true }
steps:
  - id: show
    env: { ONE: "\${{ params.one }}", TWO: "\${{ params.two }}", TOKEN: "\${{ params.token }}" }
    run: echo "$ONE $TWO \${#TOKEN}"
`,
    );
    const env = { RUNBOOK_PARAM_ONE: 'environment', RUNBOOK_PARAM_TOKEN: 'abcd' };
    const given = scene.with({ env, stdin: '{"one": "file", "two": 2}' });
    const first = await given.run(
      'exec',
      './secretive.yaml',
      '-p',
      'one=flag',
      '--params-file',
      '-',
    );
    expect(first.stderr).toContain('    flag 2 4\n');
    const second = await given.run('exec', './secretive.yaml', '--params-file', '-');
    expect(second.stderr).toContain('    file 2 4\n');
    const third = await scene.with({ env }).run('exec', './secretive.yaml', '-p', 'two=3');
    expect(third.stderr).toContain('    environment 3 4\n');
    expect(third.exitCode).toBe(0);
  });

  test('that are missing are named, and nobody is asked without a terminal', async () => {
    const { exitCode, stderr } = await scene.run('exec', './secretive.yaml', '-p', 'one=1');
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'error: no value for `two`, `token`\nhint: give it with `-p two=… -p token=…`, `--params-file FILE` or RUNBOOK_PARAM_TWO\n',
    );
  });

  test('that are secret warn when a flag shows them', async () => {
    const { stderr } = await scene.run(
      'exec',
      './secretive.yaml',
      '-p',
      'one=1',
      '-p',
      'two=2',
      '-p',
      'token=x',
    );
    expect(stderr).toContain(
      'warning: `token` is secret, and `-p` shows it to everybody on this host',
    );
  });
});

describe('a run that needs approval', () => {
  let first: Said;

  test('stops at the gate where nobody watches, and says how it goes on', async () => {
    first = await scene.run('exec', 'hello');
    expect(first.exitCode).toBe(10);
    expect(first.stdout).toMatch(/^[0-9a-z]{16} waiting\n$/);
    expect(first.stderr).toMatch(/● greet {3}Say hello\n {4}hello, world\n {2}ok \d/);
    expect(first.stderr).toContain('◆ change  Change something\n  needs approval\n');
    expect(first.stderr).toMatch(/\n {2}runbook approve [a-z]+(-[a-z]+){3}-[0-9a-f]{8} --key/);
    expect(first.stderr).toMatch(/next: runbook resume [0-9a-z]{16}\n$/);
  });

  test('is approved by its words, with a receipt, and goes on when it is resumed', async () => {
    const { words, run } = await started('-p', 'who=ana');
    const said = await scene.run('approve', words, ...robin);
    expect(said).toMatchObject({ exitCode: 0, stdout: 'approved by robin (A3)\n' });
    expect(said.stderr).toContain(`╭─ request ${words}\n`);
    const receipt = /^receipt: (.*)$/m.exec(said.stderr)?.[1] ?? '';
    expect(receipt.startsWith(join(scene.dir, 'approver'))).toBe(true);

    const resumed = await scene.run('resume', run);
    expect(resumed).toMatchObject({ exitCode: 0, stdout: `${run} succeeded\n` });
    expect((await scene.run('logs', run, 'change')).stdout).toBe('changed something for ana\n');

    const verified = await scene.run('audit', 'verify', '--receipt', receipt);
    expect(verified.exitCode).toBe(0);
    expect(verified.stdout).toMatch(/^ok +completeness {3}size=\d+ of \d+ by=receipt/m);
    expect(verified.stdout).not.toContain('valid');
  });

  test('is verified against all receipts that a shell finds in a folder', async () => {
    const { words } = await started('-p', 'who=again');
    await scene.run('approve', words, ...robin);
    const folder = join(scene.dir, 'approver', 'receipts');
    const files = readdirSync(folder).map((name) => join(folder, name));
    expect(files.length).toBeGreaterThan(1);
    const { exitCode, stdout } = await scene.run('audit', 'verify', '--receipt', ...files);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^ok +completeness/m)]);
    // Each of them is read, however they are named.
    scene.write('torn.json', '{}');
    const [first = ''] = files;
    for (const argv of [
      [first, 'torn.json'],
      ['torn.json', '--receipt', first],
    ]) {
      const torn = await scene.run('audit', 'verify', '--receipt', ...argv);
      expect([torn.exitCode, torn.stderr]).toEqual([2, expect.stringContaining('torn.json')]);
    }
  });

  test('answers JSON as it is promised', async () => {
    const { words } = await started('-p', 'who=json');
    const decided = await json<Record<string, unknown>>('approve', words, ...robin);
    expect(Object.keys(decided).sort()).toEqual([
      'assurance',
      'decision',
      'missing',
      'person',
      'receipt',
      'request',
    ]);
    expect(decided).toMatchObject({
      decision: 'approve',
      person: 'robin',
      assurance: 'A3',
      missing: [],
    });
  });

  test('ends with a rejection and its reason', async () => {
    const { run, words } = await started('-p', 'who=no');
    const said = await scene.run('reject', words, '--reason', 'not today', ...robin);
    expect(said).toMatchObject({ exitCode: 0, stdout: 'rejected by robin (A3)\n' });
    const resumed = await scene.run('resume', run);
    expect(resumed.exitCode).toBe(11);
    expect(resumed.stdout).toBe(`${run} rejected\n`);
    expect(resumed.stderr).toContain('not today');
  });

  test('is cancelled, and that is a success of `cancel`', async () => {
    const { run } = await started('-p', 'who=cancelled');
    const said = await scene.run('cancel', run, '--reason', 'wrong place');
    expect(said).toMatchObject({ exitCode: 0, stdout: `${run} cancelled\n` });
    expect(await json('status', run)).toMatchObject({ status: 'cancelled', exit_code: 17 });
  });

  test('is reviewed on a card that nothing was left out of', async () => {
    const { words } = await started('-p', 'who=card');
    const { stdout } = await scene.run('review', words);
    expect(stdout).toContain('1 echo "changed something for $WHO"');
    expect(stdout).toMatch(/WHO +card/);
    expect((await scene.run('requests')).stdout).toMatch(new RegExp(`${words} +pending`));
  });

  test('is decided by a file alone, carried there and back', async () => {
    const { run, words } = await started('-p', 'who=offline');
    const exported = await scene.run('review', words, '--export', 'request.json');
    expect(exported).toMatchObject({ exitCode: 0, stdout: 'request.json\n' });
    // Another person's machine: no journal, no configuration, only the file and the key.
    const away = scene.with({
      env: {
        RUNBOOK_CONFIG_DIR: join(scene.dir, 'nowhere'),
        RUNBOOK_STATE_DIR: join(scene.dir, 'nothing'),
        RUNBOOK_APPROVER_DIR: join(scene.dir, 'away'),
      },
    });
    const signed = await away.run(
      'approve',
      '--offline',
      'request.json',
      '--reason',
      'seen',
      ...robin,
    );
    expect(signed.exitCode).toBe(0);
    expect(signed.stdout).toMatch(
      /^-----BEGIN RUNBOOK DECISION-----\n[^]*\n-----END RUNBOOK DECISION-----\n$/,
    );
    const handed = await scene.with({ stdin: signed.stdout }).run('approve', '--signature', '-');
    expect(handed).toMatchObject({ exitCode: 0, stdout: 'approved by robin (A3)\n' });
    const again = await scene.with({ stdin: signed.stdout }).run('approve', '--signature', '-');
    expect(again.stdout).toBe('approved by robin (A3), as recorded before\n');
    expect((await scene.run('resume', run)).exitCode).toBe(0);
  });

  test('is not approved by who asked for it', async () => {
    writeKey(scene, 'ana');
    await scene.run('people', 'add', 'ana', '--ssh-key', 'ana.pub');
    const { words } = await started('-p', 'who=self');
    const { exitCode, stdout, stderr } = await scene.run('approve', words, '--key', 'ana.pem');
    expect([exitCode, stdout]).toEqual([13, '']);
    expect(stderr).toMatch(/^error: /m);
  });
});

describe('lists', () => {
  test('are objects, and their texts name every run and request', async () => {
    const { runs } = await json<{ runs: { run: string; status: string }[] }>('runs');
    expect(runs.length).toBeGreaterThan(5);
    const text = (await scene.run('runs')).stdout;
    expect(runs.every(({ run, status }) => text.includes(`${run}  ${status}`))).toBe(true);
    expect((await scene.run('runs', '--limit', '1')).stdout.split('\n').length).toBe(2);
    const { requests } = await json<{ requests: { words: string }[] }>('requests', '--all');
    expect(requests.length).toBeGreaterThan(5);
  });

  test('of the journal number every entry, and each can be shown', async () => {
    const { stdout } = await scene.run('audit', 'log', '--limit', '500');
    expect(stdout).toMatch(/^ *0 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/);
    const { entry } = await json<{ entry: { index: number } }>('audit', 'show', '0');
    expect(entry.index).toBe(0);
    expect((await scene.run('audit', 'show', 'x')).exitCode).toBe(2);
  });
});

describe('a run that cannot go on because of an error', () => {
  const runbook =
    'name: bound\nsteps:\n  - id: fix\n    privileged: true\n    files: [./tool]\n    run: ./tool\n';

  async function approvedAndBroken(): Promise<string> {
    scene.write('bound.yaml', runbook);
    scene.write('tool', 'one');
    const { run, requests } = await json('exec', './bound.yaml');
    await scene.run('approve', requests[0]?.words ?? '', ...robin);
    rmSync(join(scene.dir, 'tool'));
    return run;
  }

  test.each(['json', 'ndjson'])(
    'is printed all the same, with the error beside it: %s',
    async (output) => {
      const run = await approvedAndBroken();
      const said = await scene.run('resume', run, '--output', output);
      expect([said.exitCode, JSON.parse(said.stderr)]).toMatchObject([
        13,
        { code: 'claim_impossible' },
      ]);
      const last = said.stdout.trimEnd().split('\n').at(-1) ?? '';
      expect(JSON.parse(last)).toMatchObject({ run, status: 'waiting', terminal: false });
    },
  );

  test('is named in text too', async () => {
    const run = await approvedAndBroken();
    const { exitCode, stdout, stderr } = await scene.run('resume', run);
    expect([exitCode, stdout]).toEqual([13, `${run} waiting\n`]);
    expect(stderr).toMatch(/^error: .*tool/m);
  });
});

test('ndjson is one entry a line, then the object', async () => {
  const { stdout } = await scene.run('exec', 'hello', '--output', 'ndjson', '-p', 'who=lines');
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type?: string; status?: string });
  expect(lines.map(({ type, status }) => type ?? status)).toEqual([
    'run.started',
    'step.started',
    'step.finished',
    'approval.requested',
    'waiting',
  ]);
});

test('doctor finds everything in place, and the indexes can be made again', async () => {
  const doctor = await scene.run('doctor');
  expect(doctor.stdout).not.toContain('not ok');
  expect(doctor.exitCode).toBe(0);
  const before = (await scene.run('runs')).stdout;
  expect((await scene.run('journal', 'rebuild')).exitCode).toBe(0);
  expect((await scene.run('runs')).stdout).toBe(before);
});
