import { assert, constantFrom, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { UsageError } from '../../src/base/errors.ts';
import type { Command, Text } from '../../src/runbook/command.ts';
import { commandDigest, encodeCommand, encodePlan, secretsOf } from '../../src/runbook/digest.ts';
import { evaluateIf, renderStep } from '../../src/runbook/render.ts';
import { anEnvironment, aRunbook, aScope, commandOf, planOf, stepOf } from './builders.ts';

const head = `params:
  value: { type: string }
  token: { type: string, secret: true, required: false }
  maybe: { type: string, required: false }
`;

/** Whatever somebody could think of: text, and what means something to a shell, a URL or a template. */
const nasty = oneof(
  string({ unit: 'binary' }),
  tuple(
    string(),
    constantFrom(
      '${{',
      '}}',
      '${{ params.token }}',
      '"',
      "'",
      '\n',
      ' ',
      '-',
      '--',
      '/',
      '..',
      '%2e%2e',
      '%252e',
      '?',
      '#',
      '@',
      ':',
      '\\',
      '$(id)',
      '`id`',
      '; id',
      '\r\nX: y',
      '//evil.example',
      '\0',
    ),
    string(),
  ).map((parts) => parts.join('')),
);

/** The command, or null where the value was refused. Anything else that is thrown is a failure. */
function attempt(source: string, value: string): Command | null {
  try {
    return commandOf(source, { given: { value } });
  } catch (error) {
    if (error instanceof UsageError) {
      return null;
    }
    throw error;
  }
}

describe('whatever a parameter holds', () => {
  test('a script never changes', () => {
    const source = aRunbook(
      '  - id: s\n    env: { V: "${{ params.value }}" }\n    run: echo "$V"\n',
      head,
    );
    assert(
      property(nasty, (value) => {
        const command = attempt(source, value);
        expect(command?.action ?? null).toEqual(
          command && { kind: 'run', shell: 'sh', script: 'echo "$V"' },
        );
        expect(command?.env['V'] ?? null).toEqual(command && (value === '' ? [] : [value]));
      }),
    );
  });

  test('an argument stays one argument, and no option unless it stands behind its name', () => {
    const source = aRunbook(
      "  - id: s\n    exec: tool ${{ params.value }} 'a ${{ params.value }}' --x=${{ params.value }} -- ${{ params.value }}\n",
      head,
    );
    assert(
      property(nasty, (value) => {
        const action = attempt(source, value)?.action;
        if (action?.kind === 'exec') {
          expect(action.argv).toEqual(['tool', value, `a ${value}`, `--x=${value}`, '--', value]);
          expect(value.startsWith('-')).toBe(false);
        }
      }),
    );
    expect(attempt(source, '-rf')).toBeNull();
    expect(attempt(source, 'x -rf; id')).not.toBeNull();
  });

  test('behind `--` a value may begin with a dash', () => {
    const source = aRunbook('  - id: s\n    exec: rm -- ${{ params.value }}\n', head);
    expect(attempt(source, '-rf')?.action).toEqual({ kind: 'exec', argv: ['rm', '--', '-rf'] });
  });

  test('a URL keeps its host and the shape of its path', () => {
    const source = aRunbook(
      '  - id: s\n    http: DELETE https://api.example/v1/users/${{ params.value }}/keys?q=${{ params.value }}&z=1\n',
      head,
    );
    assert(
      property(nasty, (value) => {
        const action = attempt(source, value)?.action;
        if (action?.kind !== 'http') {
          return;
        }
        const url = new URL(action.url);
        expect(url.href).toBe(action.url);
        expect(url.origin).toBe('https://api.example');
        expect(url.username + url.password + url.hash).toBe('');
        const [, version, users, name = '', keys, ...more] = url.pathname.split('/');
        expect([version, users, keys, more]).toEqual(['v1', 'users', 'keys', []]);
        expect(decodeURIComponent(name)).toBe(value);
        expect([...url.searchParams]).toEqual([
          ['q', value],
          ['z', '1'],
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test.each(['..', '.', '', '../x', 'a/../b', '%2e%2e', '..%2f', '%252e%252e', '..\\x', 'a?/../b'])(
    'the path segment %j is refused',
    (value) => {
      expect(
        attempt(
          aRunbook('  - id: s\n    http: GET https://h/a/${{ params.value }}\n', head),
          value,
        ),
      ).toBeNull();
    },
  );

  test.each([
    ['https://api.example', 'https://api.example/x'],
    ['https://api.example/v1/', 'https://api.example/v1/x'],
    ['http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/v1/x'],
  ])('%j can be the base of a URL', (value, url) => {
    const source = aRunbook('  - id: s\n    http: GET ${{ params.value }}/x\n', head);
    expect(attempt(source, value)?.action).toMatchObject({ url });
  });

  test.each([
    '',
    'api.example',
    'https://u:p@h',
    'https://u@h',
    'https://h?x',
    'https://h#x',
    'ftp://h',
    'https://h/../x',
    'https://h/%2e%2e',
    'https://h\\x',
    'https:h',
    'https://',
    'javascript:x',
    'https://h /',
  ])('%j cannot be the base of a URL', (value) => {
    expect(
      attempt(aRunbook('  - id: s\n    http: GET ${{ params.value }}/x\n', head), value),
    ).toBeNull();
  });

  test('a header stays one line, a body and a query stay what they are', () => {
    const source = aRunbook(
      '  - id: s\n    http: { method: POST, url: "https://h/", query: { a: "${{ params.value }}" }, headers: { X-A: "b ${{ params.value }}" }, json: { t: "c ${{ params.value }}", n: [1, null, "${{ params.value }}"] } }\n',
      head,
    );
    assert(
      property(nasty, (value) => {
        const action = attempt(source, value)?.action;
        if (action?.kind !== 'http') {
          return;
        }
        expect(new URL(action.url).searchParams.get('a')).toBe(value);
        expect(action.headers).toEqual([
          { name: 'content-type', value: ['application/json'] },
          { name: 'x-a', value: [`b ${value}`] },
        ]);
        expect(value).not.toMatch(/[\r\n]/);
        expect(JSON.parse(literal(action.body))).toEqual({
          t: `c ${value}`,
          n: [1, null, value],
        });
      }),
    );
  });
});

describe('secrets', () => {
  const source = aRunbook(
    [
      '  - id: s',
      '    env: { T: "Bearer ${{ params.token }}" }',
      '    http:',
      '      method: POST',
      '      url: https://h/',
      '      headers: { authorization: "Bearer ${{ params.token }}" }',
      '      json: { user: ana, token: "${{ params.token }}", both: "a\\"${{ params.token }}\\"" }',
      '',
    ].join('\n'),
    `${head}env: { ALL: "\${{ params.token }}" }\ninherit: [{ name: API_KEY, secret: true }]\n`,
  );

  test('a secret value is in no byte of the plan or the command', () => {
    const tokens = string({ minLength: 12, unit: 'grapheme' }).filter(
      (it) => !JSON.stringify(source).includes(it),
    );
    assert(
      property(tokens, (token) => {
        const choices = { given: { value: 'v', token }, processEnv: { API_KEY: `${token}!` } };
        const { plan, secrets } = planOf(source, choices);
        const command = renderStep(plan, stepOf(plan, 's'), aScope());
        const escaped = JSON.stringify(token).slice(1, -1);
        expect(encodePlan(plan).toString()).not.toContain(escaped);
        expect(encodeCommand(command).toString()).not.toContain(escaped);
        expect([...secrets]).toEqual([
          ['params.token', token],
          ['env.API_KEY', `${token}!`],
        ]);
        expect(secretsOf(command)).toEqual(['env.API_KEY', 'params.token']);
      }),
    );
  });

  test('a secret stands in texts by name and commitment, escaped where it is inside JSON', () => {
    const command = commandOf(source, { given: { value: 'v', token: 'tok' } });
    const ref = {
      secret: 'params.token',
      commitment: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    };
    expect(command.env).toMatchObject({ T: ['Bearer ', ref], ALL: [ref] });
    expect(command.action).toMatchObject({
      headers: [{ name: 'content-type' }, { name: 'authorization', value: ['Bearer ', ref] }],
      body: [
        '{"user":"ana","token":"',
        { ...ref, as: 'json' },
        '","both":"a\\"',
        { ...ref, as: 'json' },
        '\\""}',
      ],
    });
  });

  test('another value is another command', () => {
    const digest = (token: string): string =>
      commandDigest(commandOf(source, { given: { value: 'v', token } }));
    expect(digest('one')).toBe(digest('one'));
    expect(digest('one')).not.toBe(digest('two'));
  });

  test('a secret that expressions were talked into an argument is refused when it is rendered', () => {
    const { plan } = planOf(aRunbook('  - id: s\n    exec: echo hello\n', head), {
      given: { value: 'v', token: 'tok' },
    });
    const step = stepOf(plan, 's');
    const forged = [
      { ...step, action: { kind: 'exec' as const, argv: ['echo', '${{ params.token }}'] } },
      {
        ...step,
        action: {
          kind: 'exec' as const,
          argv: ['echo', '${{ true ? params.token : params.token }}'],
        },
      },
      {
        ...step,
        action: {
          kind: 'http' as const,
          method: 'GET',
          url: 'https://h/${{ params.token }}',
          query: {},
          headers: {},
          json: null,
          body: null,
          redirects: 'off' as const,
        },
      },
      {
        ...step,
        action: {
          kind: 'http' as const,
          method: 'GET',
          url: 'https://h/',
          query: { q: '${{ params.token }}' },
          headers: {},
          json: null,
          body: null,
          redirects: 'off' as const,
        },
      },
    ];
    for (const one of forged) {
      expect(() => renderStep(plan, one, aScope())).toThrow(
        'the secret `params.token` must not stand here',
      );
    }
  });

  test('an output that looks like a reference is handed no secret', () => {
    const { plan } = planOf(
      aRunbook(
        '  - id: a\n    exec: ls\n    outputs: { x: json.x }\n  - id: s\n    http: { method: POST, url: "https://h/", json: { x: "${{ steps.a.outputs.x }}" } }\n',
        head,
      ),
      { given: { value: 'v', token: 'tok' } },
    );
    const forged = { secret: 'params.token', commitment: sha256('x') };
    const scope = aScope({
      steps: { a: { status: 'succeeded', exit_code: 0, outputs: { x: forged } } },
    });
    const command = renderStep(plan, stepOf(plan, 's'), scope);
    expect(secretsOf(command)).toEqual([]);
    expect(command.action).toMatchObject({ body: [JSON.stringify({ x: forged })] });
  });
});

describe('absent values', () => {
  const source = aRunbook(
    '  - id: s\n    env: { A: "${{ params.maybe }}", B: "x", OUT: "${{ params.maybe }}" }\n    exec: ls\n',
    `${head}env: { A: base, OUT: base }\n`,
  );

  test('an entry that is nothing but an absent value is unset', () => {
    expect(commandOf(source, { given: { value: 'v' } }).env).toEqual({
      HOME: ['/home/ana'],
      PATH: ['/usr/bin'],
      B: ['x'],
    });
    expect(commandOf(source, { given: { value: 'v', maybe: 'm' } }).env['A']).toEqual(['m']);
  });

  test.each([
    'exec: echo ${{ params.maybe }}',
    'exec: ls\n    env: { A: "a${{ params.maybe }}" }',
    'http: GET https://h/${{ params.maybe }}',
  ])('elsewhere it is an error: %s', (line) => {
    expect(() =>
      commandOf(aRunbook(`  - id: s\n    ${line}\n`, head), { given: { value: 'v' } }),
    ).toThrow('a value that is absent cannot be part of a text');
  });
});

describe('the command', () => {
  test('holds everything that decides what runs', () => {
    const source = aRunbook(
      '  - id: s\n    cwd: sub\n    files: [./x, /etc/y]\n    run: ./x\n    shell: bash\n    timeout: 5m\n    retry: 3\n    check: { exec: ./x --check, expect: { exit: [0, 3], that: stdout == "up" } }\n',
    );
    expect(commandOf(source, { environment: anEnvironment({ name: 'prod' }) })).toEqual({
      v: 1,
      action: { kind: 'run', shell: 'bash', script: './x' },
      cwd: '/srv/runbooks/sub',
      env: { HOME: ['/home/ana'], PATH: ['/usr/bin'] },
      stdin: null,
      programs: [],
      files: [
        { path: '/srv/runbooks/sub/x', sha256: null },
        { path: '/etc/y', sha256: null },
      ],
      timeout_ms: 300_000,
      retry: { attempts: 3, delay_ms: 1000, backoff: 1, max_delay_ms: 300_000, on: [] },
      check: expect.objectContaining({
        action: { kind: 'exec', argv: ['./x', '--check'] },
        retry: null,
        check: null,
        expect: { exit: [0, 3], status: [{ from: 200, to: 299 }], that: 'stdout == "up"' },
        timeout_ms: 300_000,
      }) as Command,
      rollback: null,
      environment: 'prod',
      host: 'web1',
      uid: 1000,
    });
  });

  test('is the same, byte for byte, however often it is rendered', () => {
    const { plan } = planOf(
      aRunbook(
        '  - id: s\n    exec: echo ${{ params.value }} ${{ initiator.caller }} ${{ environment.name }}\n',
        head,
      ),
      { given: { value: 'v' } },
    );
    const scope = aScope();
    const render = (): string => commandDigest(renderStep(plan, stepOf(plan, 's'), scope));
    expect(render()).toBe(render());
  });

  test('results of earlier steps fill in with their types', () => {
    const source = aRunbook(
      '  - id: a\n    exec: ls\n    outputs: { up: json.up, names: json.names }\n  - id: s\n    if: steps.a.status == "succeeded" && steps.a.outputs.up >= 2\n    http: { method: POST, url: "https://h/", json: { up: "${{ steps.a.outputs.up }}", names: "${{ steps.a.outputs.names }}", sum: "${{ steps.a.outputs.up + 1 }}" } }\n',
    );
    const { plan } = planOf(source);
    const scope = aScope({
      steps: { a: { status: 'succeeded', exit_code: 0, outputs: { up: 2, names: ['x', 'y'] } } },
    });
    const step = stepOf(plan, 's');
    expect(evaluateIf(plan, step, scope)).toBe(true);
    expect(renderStep(plan, step, scope).action).toMatchObject({
      body: ['{"up":2,"names":["x","y"],"sum":3}'],
    });
    expect(() => renderStep(plan, step, aScope())).toThrow('no such key: a');
  });
});

function literal(text: Text | null): string {
  return (text ?? []).filter((piece) => typeof piece === 'string').join('');
}
