import { assert, constantFrom, nat, oneof, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRunbook } from '../../src/runbook/parse/parse.ts';
import { aRunbook, problemsOf } from './builders.ts';

const params = `params:
  cluster: { type: string }
  token: { type: string, secret: true, required: false }
  nodes: { type: integer, default: 3 }
`;

/** The one step of a runbook with these lines behind its id, which stands in line 7. */
function aStep(...lines: string[]): string {
  return aRunbook(['  - id: s', ...lines.map((line) => `    ${line}`), ''].join('\n'), params);
}

describe('the shape', () => {
  test('a problem is told with its place, the line and what was meant', () => {
    expect(() => parseRunbook(aStep('privilegd: true', 'exec: ls'), 'restart.yaml')).toThrow(
      [
        'restart.yaml:8:5: unknown key `privilegd`',
        '      privilegd: true',
        '      ^',
        'hint: did you mean `privileged`?',
      ].join('\n'),
    );
  });

  test.each([
    [
      'name: Restart All\nsteps: [{id: s, exec: ls}]',
      '1:7 `name` must be text such as `restart-cluster`, not `Restart All`',
    ],
    ['name: x', '1:1 `steps` is missing — it must be a list'],
    ['name: x\nsteps: []', '2:8 `steps` must not be empty'],
    ['', '1:1 the file must be a map, not empty'],
    ['- a', '1:1 the file must be a map, not a list'],
    [
      'name: x\nsteps:\n  - exec: ls',
      '3:5 `id` is missing — it must be text such as `check_health`',
    ],
    [
      'name: x\nsteps:\n  - id: Restart-All\n    exec: ls',
      '3:9 `id` must be text such as `check_health`, not `Restart-All`',
    ],
    ['name: x\nhosts: [a]\nsteps: [{id: s, exec: ls}]', '2:1 `hosts` is not built yet'],
    [
      'name: x\nsteps:\n  - id: s\n    exec: ls\n    exec: pwd',
      '5:5 `exec` stands here twice, first in line 4',
    ],
    [
      'name: x\nsteps:\n  - id: s\n    exec: ls\nfinally:\n  - id: s\n    exec: ls',
      '6:9 the id `s` is taken by the step in line 3',
    ],
  ])('%j', (source, problem) => {
    expect(problemsOf(source)).toEqual([problem]);
  });

  test.each([
    [['needs: [a]', 'exec: ls'], '8:5 `needs` is not built yet'],
    [['uses: other'], '8:5 `uses` is not built yet'],
    [['name: x'], '7:5 there is nothing to do here — add `run`, `exec`, `http` or `manual`'],
    [['exec: ls', 'run: ls'], '7:5 `run` and `exec` stand in one step — make a step of each'],
    [
      ['name: 12', 'exec: ls'],
      '8:11 `name` must be text, not the number 12 — write it in quotes: "12"',
    ],
    [
      ['timeout: 30', 'exec: ls'],
      '8:14 `timeout` must be a duration such as `30s` or `5m`, not the number 30 — add the unit: `30s` or `30m`',
    ],
    [
      ['timeout: 30 sec', 'exec: ls'],
      '8:14 `timeout` must be a duration such as `30s` or `5m`, not `30 sec` — write it as in `30s`, `5m`, `1h30m`, `250ms` or `2d`',
    ],
    [
      ['timeout: 30d', 'exec: ls'],
      '8:14 `timeout` must be a duration between `1ms` and `24d`, not `30d`',
    ],
    [['exec: ls', 'shell: bash'], '7:5 `shell` belongs to `run`'],
    [
      ['exec: ls', 'env: { RUNBOOK_ATTEMPT: x }'],
      '9:29 `RUNBOOK_ATTEMPT` cannot be set — names that start with `RUNBOOK_` are the program’s own; choose another',
    ],
    [
      ['exec: ls', 'env: { 1B: x }'],
      '9:12 `1B` cannot be a name in `env` — it must look like `API_URL`',
    ],
    [
      ['exec: ls', 'cwd: "${{ params.cluster }}"'],
      '9:10 `cwd` must be a path as it stands, without values',
    ],
    [
      ['exec: ls', 'files: ["${{ params.cluster }}"]'],
      '9:13 `files` must be a path as it stands, without values',
    ],
    [
      ['exec: ls', 'retry: { attempts: 0 }'],
      '9:24 `attempts` must be a whole number from 1 up to 100, not the number 0',
    ],
    [
      ['exec: ls', 'retry: { attempts: 2, on: [expct] }'],
      '9:32 `on` must name an exit code, `expect` or `timeout`, not `expct` — did you mean `expect`?',
    ],
    [
      ['exec: ls', 'retry: { attempts: 2, on: [503] }'],
      '9:32 `on` must name an exit code, `expect` or `timeout`, not `503`',
    ],
    [['exec: ls', 'expect: { status: 200 }'], '7:5 `status` is for `http` — use `exit`'],
    [
      ['http: GET https://h/', 'expect: { exit: 0 }'],
      '7:5 `exit` is for `run` and `exec` — use `status`',
    ],
    [
      ['http: GET https://h/', 'expect: { status: 20 }'],
      '9:23 `status` must be a status such as `200` or `200-299`, not the number 20',
    ],
    [
      ['http: GET https://h/', 'outputs: { a: { secret: true } }'],
      '9:21 the output `a` needs a `value` — `http` writes no `$RUNBOOK_OUTPUT`',
    ],
  ])('%j', (lines, problem) => {
    expect(problemsOf(aStep(...lines))).toEqual([problem]);
  });

  test.each(['priviledged', 'Privileged', 'privilaged', 'unprivileged'])(
    'the tag %s is an error, because it would gate nothing',
    (tag) => {
      expect(problemsOf(aStep('exec: ls', `tags: [${tag}]`))).toEqual([
        `9:12 the tag \`${tag}\` is nearly \`privileged\`, but would gate nothing — did you mean \`privileged\`? If not, choose another word`,
      ]);
    },
  );

  test.each([
    [['run: "echo \\0"'], '8:10 the control character U+0000 cannot stand here'],
    [
      ['run: |', '  echo a', '  echo \x1b[2K b'],
      '10:12 the control character U+001B cannot stand here',
    ],
    [['run: "a\\rb"'], '8:10 the control character U+000D cannot stand here'],
    [['exec: echo \x9b b'], '8:16 the control character U+009B cannot stand here'],
    [['exec: [echo, "a\\0"]'], '8:18 the control character U+0000 cannot stand here'],
    [['exec: ls', 'cwd: "a\\0"'], '9:10 the control character U+0000 cannot stand here'],
    [['exec: ls', 'files: ["a\\0"]'], '9:13 the control character U+0000 cannot stand here'],
    [['exec: [printf, "a\\tb\\n"]'], ''],
    [['run: "a\\tb\\nc"'], ''],
  ])('control characters: %j', (lines, problem) => {
    const told = problemsOf(aStep(...lines)).map((it) => it.split(' — ')[0]);
    expect(told).toEqual(problem === '' ? [] : [problem]);
  });

  test('the tag and the key mean the same', () => {
    for (const line of ['privileged: true', 'tags: [privileged]']) {
      expect(parseRunbook(aStep('exec: ls', line), 'a.yaml').steps[0]?.privileged).toBe(true);
    }
    expect(parseRunbook(aStep('exec: ls', 'tags: [data]'), 'a.yaml').steps[0]?.privileged).toBe(
      false,
    );
  });

  test('everything wrong is told at once, whatever kind it is', () => {
    const source = aRunbook(
      [
        '  - id: a',
        '    exec: ls',
        '    timeot: 5m',
        '    outputs: { Up: stdout, rows: json.rows }',
        '  - id: b',
        '    exec: echo ${{ params.clstr }} ${{ steps.a.outputs.row }} | wc',
        '    retry: many',
        '    if: steps.b.status == "suceeded"',
        '',
      ].join('\n'),
      params,
    );
    expect(problemsOf(source).map((it) => it.split(' ')[0])).toEqual(
      expect.arrayContaining(['9:5', '10:16', '12:27', '12:56', '12:63', '13:12', '14:15']),
    );
  });
});

describe('parameters', () => {
  test.each([
    [
      '{ type: integr }',
      '3:14 `type` must be `string` or `integer` or `number` or `boolean`, not `integr` — did you mean `integer`?',
    ],
    [
      '{ type: integer, default: "3" }',
      '3:32 `a` is of type `integer`, this is text — remove the quotes',
    ],
    ['{ type: string, default: 3 }', '3:31 `a` must be text, not `3`'],
    [
      '{ type: string, enum: [demo, payments], default: demmo }',
      '3:55 `a` must be one of demo, payments, not `demmo` — did you mean `demo`?',
    ],
    ['{ type: string, pattern: "(" }', '3:31 error parsing regexp: missing closing ): `(`'],
    ['{ type: integer, pattern: "a" }', '3:32 `pattern` is for a `string`'],
    [
      '{ type: string, pattern: "^a", default: b }',
      '3:46 `a` must fit the pattern `^a`, `b` does not',
    ],
    ['{ type: integer, min: 5, max: 1 }', '3:8 `min` 5 is greater than `max` 1'],
    ['{ type: integer, min: 5, default: 4 }', '3:40 `a` must be at least 5, not `4`'],
    ['{ type: string, min: 1 }', '3:8 `min` and `max` are for an `integer` or a `number`'],
    [
      '{ type: string, secret: true, default: x }',
      '3:8 a secret is a `string` without `default` and `enum` — a secret written in a file is none; it comes from a variable, a file of its own or a prompt',
    ],
    ['{ type: string, requird: true }', '3:22 unknown key `requird` — did you mean `required`?'],
  ])('%s', (param, problem) => {
    const problems = problemsOf(`name: x\nparams:\n  a: ${param}\nsteps: [{id: s, exec: ls}]\n`);
    expect(problems).toEqual([problem]);
  });
});

describe('values never become code', () => {
  test.each([
    [
      ['run: |', '  echo hi', '  rm -rf ${{ params.cluster }}'],
      '10:18 `run` is never templated — add `CLUSTER: ${{ params.cluster }}` to `env` and write `"$CLUSTER"` here',
    ],
    [['run: "${{ unclosed"'], '8:11 `run` is never templated — pass values through `env`'],
    [
      ['exec: ls | wc'],
      "8:14 `|` is for a shell, and `exec` starts none — use `run`, or write `'|'` where the program itself should see it",
    ],
    [
      ['exec: echo $HOME'],
      "8:16 `$` is for a shell, and `exec` starts none — use `run`, or write `'$'` where the program itself should see it",
    ],
    [
      ['exec: echo "a $HOME"'],
      "8:19 `$` is for a shell, and `exec` starts none — use `run`, or write `'$'` where the program itself should see it",
    ],
    [
      ['exec: "${{ params.cluster }} x"'],
      '8:12 the program itself cannot be a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [
      ['exec: [sh, -c, "echo ${{ params.cluster }}"]'],
      '8:21 what follows `-c` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [
      ['exec: bash -lc ${{ params.cluster }}'],
      '8:20 what follows `-lc` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [
      ['exec: perl -ne ${{ params.cluster }}'],
      '8:20 what follows `-ne` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [
      ['exec: node --eval=${{ params.cluster }}'],
      '8:16 what follows `--eval=` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [
      ['exec: psql -c${{ params.cluster }}'],
      '8:16 what follows `-c` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [['exec: "echo \'a"'], "8:17 this ' is never closed — put a second ' behind it"],
    [['exec: ""'], '8:11 `exec` names no program'],
    [['exec: []'], '8:11 `exec` must not be empty'],
    [
      ['exec: [node, "--eval=run(${{ params.cluster }})"]'],
      '8:19 what follows `--eval=` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [
      ['exec: sed -es/a/${{ params.cluster }}/ x'],
      '8:15 what follows `-e` is code and cannot hold a value — write it out, or pass the value through `env` or as a further argument',
    ],
    [['exec: terraform -chdir=${{ params.cluster }} plan'], ''],
    [['http: GET https://h:99999/'], '8:15 `https://h:99999/` is not a URL'],
    [
      ['http: GET https://${{ params.cluster }}.example/x'],
      '8:15 the URL must start with `http://` or `https://` and a host — write `https://host/path`, or a value at the head: `${{ environment.vars.api }}/path`',
    ],
    [
      ['http: GET https://api${{ params.cluster }}/x'],
      '8:26 a later value cannot be part of the host — make the whole base a value, as in `${{ environment.vars.api }}/path`',
    ],
    [
      ['http: GET ${{ params.cluster }}.evil.example/x'],
      '8:15 behind the base there must be `/` or `?` — without it, the next characters would become part of the host',
    ],
    [
      ['http: GET ${{ params.cluster }}${{ params.cluster }}'],
      '8:15 behind the base there must be `/` or `?` — without it, the next characters would become part of the host',
    ],
    [['http: GET https://h/a/../b'], '8:15 the URL has a `.` or `..` segment'],
    [['http: GET https://h/a/%2E%2e/b'], '8:15 the URL has a `.` or `..` segment'],
    [['http: GET https://h/a%2f..%2fb'], '8:15 the URL has a `.` or `..` segment'],
    [['http: GET https://h/a/.${{ params.cluster }}', 'if: "false"'], ''],
    [['http: GET https://h/a#b'], '8:15 the URL holds a fragment (`#`)'],
    [['http: GET https://h\\a'], '8:15 the URL holds "\\\\"'],
    [
      ['http: GET https://user:pass@h/a'],
      '8:15 the URL holds a user — send an `authorization` header instead',
    ],
    [
      ['http: GET ftp://h/a'],
      '8:15 the URL must start with `http://` or `https://` and a host — write `https://host/path`, or a value at the head: `${{ environment.vars.api }}/path`',
    ],
    [['http: get https://h/a'], '8:11 `get` is not a method — did you mean `GET`?'],
    [
      ['http: https://h/a'],
      '8:11 `http` must be a method and a URL — such as `GET https://host/path`',
    ],
    [
      ['http: { method: GET, url: "https://h/", headers: { Host: x } }'],
      '8:62 `Host` follows from the URL and the body',
    ],
    [
      ['http: { method: GET, url: "https://h/", headers: { a: x, A: y } }'],
      '8:65 the header `A` stands here twice',
    ],
    [
      ['http: { method: POST, url: "https://h/", json: { "${{ params.cluster }}": 1 } }'],
      '8:54 a key cannot be a value',
    ],
    [
      ['http: { method: POST, url: "https://h/", json: {}, body: x }'],
      '8:62 `json` and `body` cannot both be sent',
    ],
  ])('%j', (lines, problem) => {
    expect(problemsOf(aStep(...lines))).toEqual(problem === '' ? [] : [problem]);
  });
});

describe('expressions', () => {
  const secretHint = 'a secret may stand in `env`, and in the headers and the body of `http`';

  test.each([
    [
      ['exec: echo ${{ params.clustr }}'],
      '8:27 `params` has no `clustr` — did you mean `cluster`?',
    ],
    [['exec: "echo ${{ parms.cluster }}"'], '8:21 unknown name `parms` — did you mean `params`?'],
    [['exec: echo ${{ steps.x.status }}'], '8:26 `steps` has no `x` — there is nothing in it'],
    [
      ['exec: echo ${{ steps.s.status }}'],
      '8:26 step `s` has not run yet here — order is list order: only steps above this one have results',
    ],
    [
      ['exec: echo ${{ params }}'],
      '8:20 `params` needs a name behind it — known here: cluster, token, nodes',
    ],
    [['exec: echo ${{ params.cluster'], '8:16 this `${{` is never closed — put `}}` behind it'],
    [
      ['exec: [echo, "${{ params.cluster"]'],
      '8:19 this `${{` is never closed — put `}}` behind it',
    ],
    [['exec: echo ${{ }}'], '8:16 `${{ }}` is empty — name the value you mean'],
    [['exec: ls', 'if: params.cluster'], '9:9 the result must be bool, but is string'],
    [['exec: ls', 'if: ${{ params.nodes > "a" }}'], '9:13 no such overload: int > string'],
    [
      ['exec: ls', 'if: params.cluster.matches("a")'],
      '9:24 `matches` is not available — write `.like("…")`, which finds an RE2 pattern anywhere in the text',
    ],
    [
      ['exec: ls', 'if: stdout == "a"'],
      '9:9 unknown name `stdout` — known here: params, steps, environment, run, initiator',
    ],
    [
      ['exec: ls', 'if: true'],
      '9:9 `if` must be text, not the boolean true — write it in quotes: "true"',
    ],
    [
      ['exec: ls', 'expect: { that: response.status == 1 }'],
      '9:21 unknown name `response` — known here: params, steps, environment, run, initiator, stdout, json, exit_code',
    ],
    [
      ['exec: ls', 'expect:', '  that: |', '    stdout == "a" &&', '    params.clustr == "b"'],
      '12:16 `params` has no `clustr` — did you mean `cluster`?',
    ],
    [
      ['http: GET https://h/', 'expect: { that: "stdout == \'a\'" }'],
      '9:22 unknown name `stdout` — known here: params, steps, environment, run, initiator, response',
    ],
    [
      ['exec: ls', 'if: params.token == "x"'],
      `9:9 the secret \`params.token\` must not stand here — ${secretHint}`,
    ],
    [
      ['exec: echo ${{ params.token }}'],
      `8:20 the secret \`params.token\` must not stand here — ${secretHint}`,
    ],
    [
      ['http: GET https://h/${{ params.token }}'],
      `8:29 the secret \`params.token\` must not stand here — ${secretHint}`,
    ],
    [
      ['http: { method: GET, url: "https://h/", query: { t: "${{ params.token }}" } }'],
      `8:62 the secret \`params.token\` must not stand here — ${secretHint}`,
    ],
    [
      ['exec: ls', 'outputs: { t: params.token }'],
      `9:19 the secret \`params.token\` must not stand here — ${secretHint}`,
    ],
    [
      ['exec: ls', 'env: { T: "${{ params.token + params.cluster }}" }'],
      '9:20 the secret `params.token` can only be passed on — write `${{ params.token }}` on its own, with the rest of the text around it',
    ],
  ])('%j', (lines, problem) => {
    expect(problemsOf(aStep(...lines))).toEqual([problem]);
  });

  test('a secret may be tested for, and passed on in env, headers and body', () => {
    const source = aStep(
      'if: params.token != null',
      'env: { T: "x ${{ params.token }}" }',
      'http: { method: POST, url: "https://h/", headers: { a: "${{ params.token }}" }, json: { t: "${{ params.token }}" } }',
    );
    expect(problemsOf(source)).toEqual([]);
  });

  test('a status that no step can have is an error', () => {
    const source = aRunbook(
      '  - id: a\n    exec: ls\n  - id: b\n    if: steps.a.status in ["failed", "suceeded"]\n    exec: ls\n',
    );
    expect(problemsOf(source)).toEqual([
      '6:38 `suceeded` is not a status of a step — did you mean `succeeded`?',
    ]);
  });

  test('an output can be named once it was made, secret ones not in arguments', () => {
    const source = aRunbook(
      '  - id: a\n    exec: ls\n    outputs: { up: json.up, key: { secret: true } }\n  - id: b\n    exec: echo ${{ steps.a.outputs.up }} ${{ steps.a.outputs.key }} ${{ steps.a.outputs.upp }}\n',
    );
    expect(problemsOf(source)).toEqual([
      `7:46 the secret \`steps.a.outputs.key\` must not stand here — ${secretHint}`,
      '7:89 step `a` declares no output `upp` — did you mean `up`?',
    ]);
  });

  test('the runbook’s own env stands before every step', () => {
    const source = aRunbook(
      '  - id: s\n    exec: ls\n',
      'env: { A: "${{ steps.s.status }}" }\ninherit: [RUNBOOK_X]\n',
    );
    expect(problemsOf(source)).toEqual([
      '2:22 step `s` has not run yet here — order is list order: only steps above this one have results',
      '3:11 `RUNBOOK_X` cannot be set — names that start with `RUNBOOK_` are the program’s own; choose another',
    ]);
  });
});

describe('the working form', () => {
  test('short forms become long ones, defaults are filled in', () => {
    const source = aStep(
      'exec: kubectl get pods -o "json path" \'{.items}\' -- ${{ params.cluster }}',
      'retry: 3',
      'expect: { exit: [0, 3], that: "${{ stdout != \'\' }}" }',
    );
    const step = parseRunbook(source, 'a.yaml').steps[0];
    expect(step?.action).toEqual({
      kind: 'exec',
      argv: [
        'kubectl',
        'get',
        'pods',
        '-o',
        'json path',
        '{.items}',
        '--',
        '${{ params.cluster }}',
      ],
    });
    expect(step?.retry).toEqual({
      attempts: 3,
      delay_ms: 1000,
      backoff: 1,
      max_delay_ms: 300_000,
      on: [],
    });
    expect(step?.expect).toEqual({
      exit: [0, 3],
      status: [{ from: 200, to: 299 }],
      that: "stdout != ''",
    });
    expect(step?.timeout_ms).toBe(3_600_000);
    expect(step?.line).toBe(7);
  });

  test('numbers in env and arguments stay as written', () => {
    const step = parseRunbook(aStep('exec: [echo, 1.10, 0x10, true]', 'env: { V: 1.10 }'), 'a.yaml')
      .steps[0];
    expect(step?.action).toEqual({ kind: 'exec', argv: ['echo', '1.10', '0x10', 'true'] });
    expect(step?.env).toEqual({ V: '1.10' });
  });
});

test('whatever the file holds, it is read or refused in words', () => {
  const good = aStep('exec: echo ${{ params.cluster }} -- x', 'expect: { that: stdout == "a" }');
  const spliced = tuple(
    nat(good.length),
    nat(20),
    oneof(
      string(),
      constantFrom('${{', '}}', '"', '[', '{', '&a', '*a', '!', '|', '\t', ': ', '- '),
    ),
  ).map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
  assert(
    property(oneof(string({ unit: 'binary' }), spliced), (source) => {
      for (const problem of problemsOf(source)) {
        expect(problem).toMatch(/^\d+:\d+ \S/);
      }
    }),
    { numRuns: 400 },
  );
});
