import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commitment } from '../../src/base/digest.ts';
import { readSecrets } from '../../src/runbook/build-plan.ts';
import { decodePlan, encodePlan, planDigest } from '../../src/runbook/digest.ts';
import { allSteps } from '../../src/runbook/plan.ts';
import { anEnvironment, aRunbook, planOf, salt } from './builders.ts';

const step = '  - id: s\n    exec: ls\n';

describe('parameters', () => {
  const head =
    'params:\n  name: { type: string, pattern: "^[a-z]+$" }\n  nodes: { type: integer, min: 1, default: 3 }\n  ratio: { type: number, required: false }\n  force: { type: boolean, default: false }\n';

  test('text is converted to the declared type, defaults and absent ones are filled in', () => {
    const { plan } = planOf(aRunbook(step, head), {
      given: { name: 'x', nodes: '5', force: 'true' },
    });
    expect(plan.params).toEqual({ name: 'x', nodes: 5, ratio: null, force: true });
  });

  test.each([
    [{}, 'test: `name` is missing'],
    [{ name: 'X' }, 'test: `name` must fit the pattern `^[a-z]+$`, `X` does not'],
    [{ name: 'x', nodes: '0' }, 'test: `nodes` must be at least 1, not `0`'],
    [{ name: 'x', nodes: '1.5' }, 'test: `nodes` must be a whole number, not `1.5`'],
    [{ name: 'x', nodes: '' }, 'test: `nodes` must be a whole number, not ``'],
    [{ name: 'x', nodes: '0x10' }, 'test: `nodes` must be a whole number, not `0x10`'],
    [{ name: 'x', nodes: true }, 'test: `nodes` must be a whole number, not `true`'],
    [{ name: 1 }, 'test: `name` must be text, not `1`'],
    [{ name: 'x', ratio: 'NaN' }, 'test: `ratio` must be a number, not `NaN`'],
    [{ name: 'x', force: 'yes' }, 'test: `force` must be `true` or `false`, not `yes`'],
    [
      { nmae: 'x', zz: 1, force: 1 },
      'test: unknown parameter `nmae` (did you mean `name`?); unknown parameter `zz`; `name` is missing; `force` must be `true` or `false`, not `1`',
    ],
  ])('%j', (given, message) => {
    expect(() => planOf(aRunbook(step, head), { given })).toThrow(
      expect.objectContaining({ code: 'params_invalid', exitCode: 2, message }),
    );
  });

  test('a secret value stands in no message', () => {
    const secret = 'params:\n  key: { type: string, secret: true, pattern: "^[a-z]+$" }\n';
    expect(() => planOf(aRunbook(step, secret), { given: { key: 'HUNTER2' } })).toThrow(
      'test: `key` must fit the pattern `^[a-z]+$`, the value given does not',
    );
  });
});

describe('the environment', () => {
  const processEnv = {
    PATH: '/bin',
    LANG: 'C',
    LC_ALL: 'C',
    TZ: 'UTC',
    LD_PRELOAD: '/x.so',
    KUBECONFIG: '/k',
    TOKEN: 'tok',
    NODE_OPTIONS: '-r x',
  };

  test('is what every step inherits, what the runbook names and what it sets, and nothing else', () => {
    const source = aRunbook(
      step,
      'inherit: [KUBECONFIG, ABSENT, { name: TOKEN, secret: true }]\nenv: { TZ: Europe/Berlin, N: 3 }\n',
    );
    const { plan, secrets } = planOf(source, { processEnv });
    expect(plan.env).toEqual({
      KUBECONFIG: ['/k'],
      LANG: ['C'],
      LC_ALL: ['C'],
      N: ['3'],
      PATH: ['/bin'],
      TOKEN: [{ secret: 'env.TOKEN', commitment: commitment(salt, 'env.TOKEN', 'tok') }],
      TZ: ['Europe/Berlin'],
    });
    expect([...secrets]).toEqual([['env.TOKEN', 'tok']]);
  });

  test('a variable that this environment does not have is an error before the run', () => {
    const source = aRunbook('  - id: s\n    http: GET ${{ environment.vars.api }}/x\n');
    const environment = anEnvironment({ name: 'prod', vars: { apis: 'https://h' } });
    expect(() => planOf(source, { environment })).toThrow(
      expect.objectContaining({
        code: 'variable_unknown',
        message: 'step `s`: the environment `prod` has no variable `api`',
        hint: 'did you mean `apis`?',
      }),
    );
    const asked = aRunbook('  - id: s\n    if: has(environment.vars.api)\n    exec: ls\n');
    expect(allSteps(planOf(asked, { environment }).plan)).toHaveLength(1);
  });
});

describe('the gate', () => {
  const source = `name: test\npreconditions:\n  - id: a\n    exec: ls\nsteps:\n  - id: b\n    exec: ls\nfinally:\n  - id: c\n    exec: ls\n`;
  const gates = (trusted: boolean, isProtected: boolean): readonly boolean[] => {
    const environment = anEnvironment({ protected: isProtected });
    return allSteps(planOf(source, { trusted, environment }).plan).map((it) => it.privileged);
  };

  test('closes every step of a foreign runbook in a protected environment, and only then', () => {
    expect(gates(false, true)).toEqual([true, true, true]);
    expect(gates(true, true)).toEqual([false, false, false]);
    expect(gates(false, false)).toEqual([false, false, false]);
  });
});

describe('a secret output', () => {
  const source = (privileged: string): string =>
    aRunbook(
      [
        '  - id: login',
        '    exec: ./login',
        '    outputs: { token: { secret: true } }',
        '  - id: between',
        `    exec: ls\n    privileged: ${privileged === 'between'}`,
        '  - id: use',
        `    exec: ls\n    privileged: ${privileged === 'use'}`,
        '    env: { T: "${{ steps.login.outputs.token }}" }',
        '',
      ].join('\n'),
    );

  test('may be used where nobody has to be waited for', () => {
    expect(allSteps(planOf(source('none')).plan)).toHaveLength(3);
  });

  test.each(['between', 'use'])('may not have to outlive the wait at step %s', (gate) => {
    expect(() => planOf(source(gate))).toThrow(
      expect.objectContaining({
        code: 'secret_crosses_gate',
        message: `step \`use\` uses the secret output \`steps.login.outputs.token\`, but step \`${gate}\` waits for an approval in between`,
      }),
    );
  });

  test('counts gates that the environment closed', () => {
    const environment = anEnvironment({ protected: true });
    expect(() => planOf(source('none'), { trusted: false, environment })).toThrow(
      'waits for an approval',
    );
  });
});

describe('a secret too short to be masked is refused', () => {
  test.each(['', 'x', 'xy', 'ü'])('%j', (value) => {
    const param = aRunbook(step, 'params:\n  pin: { type: string, secret: true }\n');
    const inherited = aRunbook(step, 'inherit: [{ name: PIN, secret: true }]\n');
    const why = 'has less than 3 bytes, which cannot be masked in output';
    const refusal = (name: string): unknown =>
      expect.objectContaining({ code: 'secret_too_short', exitCode: 2, message: `${name} ${why}` });
    expect(() => planOf(param, { given: { pin: value } })).toThrow(
      refusal('the secret parameter `pin`'),
    );
    expect(() => planOf(inherited, { processEnv: { PIN: value } })).toThrow(
      refusal('the secret variable `PIN`'),
    );
  });

  test('but not one that is absent, or three bytes long', () => {
    const source = aRunbook(
      step,
      'params:\n  pin: { type: string, secret: true, required: false }\ninherit: [{ name: PIN, secret: true }]\n',
    );
    expect([...planOf(source).secrets]).toEqual([]);
    expect([
      ...planOf(source, { given: { pin: 'abc' }, processEnv: { PIN: 'xyz' } }).secrets,
    ]).toEqual([
      ['params.pin', 'abc'],
      ['env.PIN', 'xyz'],
    ]);
  });
});

describe('on resume', () => {
  const head =
    'params:\n  token: { type: string, secret: true }\n  other: { type: string, secret: true, required: false }\ninherit: [{ name: KEY, secret: true }]\nenv: { T: "x ${{ params.token }}" }\n';
  const { plan } = planOf(aRunbook(step, head), {
    given: { token: 'tok' },
    processEnv: { KEY: 'key' },
  });
  const check = (path: string, value: string, committed: string): boolean =>
    commitment(salt, path, value) === committed;

  test('the same values are taken, absent ones are not asked for', () => {
    expect([...readSecrets(plan, { token: 'tok' }, { KEY: 'key' }, check)]).toEqual([
      ['params.token', 'tok'],
      ['env.KEY', 'key'],
    ]);
  });

  test.each([
    [
      {},
      { KEY: 'key' },
      'secret_missing',
      'the run was started with the secret parameter `token`, it is missing now',
    ],
    [
      { token: 'tik' },
      { KEY: 'key' },
      'secret_changed',
      'the secret parameter `token` is not the one the run was started with',
    ],
    [
      { token: 'tok' },
      {},
      'secret_missing',
      'the run was started with the secret variable `KEY`, it is missing now',
    ],
    [
      { token: 'tok' },
      { KEY: 'K' },
      'secret_changed',
      'the secret variable `KEY` is not the one the run was started with',
    ],
  ])('%j %j', (given, env, code, message) => {
    expect(() => readSecrets(plan, given, env, check)).toThrow(
      expect.objectContaining({ code, message, exitCode: 2 }),
    );
  });
});

describe('the frozen plan', () => {
  const { plan } = planOf(readFileSync('runbooks/restart-cluster.yaml', 'utf8'), {
    environment: anEnvironment({ vars: { api: 'http://127.0.0.1:9000' } }),
  });

  test('reads back from its bytes as it was', () => {
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
    expect(planDigest(decodePlan(encodePlan(plan)))).toBe(planDigest(plan));
  });

  test.each(['{"v":2}', '{ "v":1}', 'null', '{'])('%j is not taken for one', (bytes) => {
    expect(() => decodePlan(Buffer.from(bytes))).toThrow(expect.objectContaining({ exitCode: 14 }));
  });
});

const example = `name: restart-cluster
description: Restart every node of the cluster, one at a time, and prove it is healthy.
params:
  cluster: { type: string, enum: [demo, payments], default: demo }
  token: { type: string, secret: true, required: false }
env:
  CLUSTER: \${{ params.cluster }}
inherit: [KUBECONFIG]
steps:
  - id: health
    name: Check that every node is up
    http: GET \${{ environment.vars.api }}/health
    expect: { status: 200, that: "response.json.up == 3" }
    outputs:
      leader: response.json.leader
  - id: restart
    name: Restart one node after the other
    privileged: true
    files: [./cluster]
    run: |
      for node in a b c; do ./cluster restart "$node" --of "$CLUSTER"; done
    timeout: 5m
  - id: verify
    exec: ./cluster status --expect 3
`;

test('the runbook that explains the language can be planned', () => {
  const { plan } = planOf(example, {
    environment: anEnvironment({ vars: { api: 'http://127.0.0.1:9000' } }),
  });
  expect(allSteps(plan).map(({ id, privileged }) => [id, privileged])).toEqual([
    ['health', false],
    ['restart', true],
    ['verify', false],
  ]);
  expect(plan.env['CLUSTER']).toEqual(['demo']);
});
