import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import {
  celVersion,
  checkExpression,
  evaluateExpression,
  type Shape,
} from '../../src/base/expression.ts';
import { ExpressionError, Secret } from '../../src/base/expression-value.ts';

const token = new Secret('params.token', sha256('x'));

const shapes: Readonly<Record<string, Shape>> = {
  params: { cluster: 'string', count: 'int', token: 'dyn', hosts: 'list<string>' },
  steps: { health: { status: 'string', outputs: { leader: 'dyn' } } },
  environment: { name: 'string', vars: 'dyn' },
  now: 'timestamp',
};

describe('before there are values', () => {
  test.each([
    'params.cluster == "demo" && params.count > 2',
    'steps.health.outputs.leader',
    'environment.vars.api + "/x"',
    'now.getDayOfWeek("Europe/Berlin") in [0, 6]',
    'now - duration("1h") < now',
    'params.hosts.map(h, h + ".example").join(",")',
    'params.hosts.exists(h, h == params.cluster)',
    'params["cluster"].like("^de")',
    'cel.bind(c, params.count, c + c) > 2',
    'has(params.cluster)',
    'params.token != null',
  ])('%s is fine', (source) => {
    expect(checkExpression(source, shapes)).toBeNull();
  });

  test.each([
    ['parms.cluster', 0, 'unknown name `parms`', 'did you mean `params`?'],
    ['params.clustr', 7, '`params` has no `clustr`', 'did you mean `cluster`?'],
    ['steps.helth.status', 6, '`steps` has no `helth`', 'did you mean `health`?'],
    ['steps.health.outputs.foo', 21, '`steps.health.outputs` has no `foo`', 'known here: leader'],
    ['params', 0, '`params` needs a name behind it', 'known here: cluster, count, token, hosts'],
    [
      'params["to" + "ken"]',
      0,
      '`params` needs a name behind it',
      'known here: cluster, count, token, hosts',
    ],
    ['params.count + "x"', 0, 'no such overload: int + string', undefined],
    ['1 +', 3, 'unexpected end', undefined],
    ['"a', 0, 'unterminated string', undefined],
    [
      'params.cluster.matches("a+")',
      15,
      '`matches` is not available',
      'write `.like("…")`, which finds an RE2 pattern anywhere in the text',
    ],
    ['params.cluster.like("(")', 20, 'error parsing regexp: missing closing ): `(`', undefined],
    [
      'params.hosts.map(a, params.hosts.map(b, params.hosts.map(c, c)))',
      0,
      '3 loops stand inside each other, at most 2 may',
      undefined,
    ],
    ['constructor', 0, 'unknown name `constructor`', 'known here: params, steps, environment, now'],
    [
      'params.__proto__',
      7,
      '`params` has no `__proto__`',
      'known here: cluster, count, token, hosts',
    ],
  ])('%s is refused with its place', (source, offset, message, hint) => {
    expect(checkExpression(source, shapes)).toEqual({ message, offset, hint });
  });

  test('a result of the wrong type is refused', () => {
    expect(checkExpression('params.cluster', shapes, 'bool')?.message).toBe(
      'the result must be bool, but is string',
    );
    expect(checkExpression('params.token', shapes, 'bool')).toBeNull();
  });

  test('a nest of parentheses and a long sum are refused', () => {
    expect(checkExpression(`${'('.repeat(5000)}1${')'.repeat(5000)}`, {})).not.toBeNull();
    expect(checkExpression(Array.from({ length: 600 }, () => '1').join('+'), {})).not.toBeNull();
  });
});

describe('with values', () => {
  const scope = {
    params: { count: 3, ratio: 1.5, cluster: 'demo', token, none: null },
    now: new Date(0),
  };

  test.each([
    ['params.count + 1', 4],
    ['params.count / 2', 1],
    ['params.ratio * 2.0', 3],
    ['{"a": [params.count, "x"]}', { a: [3, 'x'] }],
    ['params.cluster.like("m.$")', true],
    ['now', '1970-01-01T00:00:00.000Z'],
    ['params.none == null', true],
    ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".like("(a+)+$")', false],
  ])('%s is %j', (source, value) => {
    expect(evaluateExpression(source, scope)).toEqual(value);
  });

  test('a secret passes through and cannot be looked into', () => {
    expect(evaluateExpression('params.token', scope)).toBe(token);
    expect(evaluateExpression('params.count > 1 ? params.token : params.token', scope)).toBe(token);
    for (const source of [
      'params.token + "x"',
      'string(params.token)',
      'size(params.token)',
      'params.token.name',
      '[params.token]',
      '{"a": params.token}',
    ]) {
      expect(() => evaluateExpression(source, scope), source).toThrow(ExpressionError);
    }
  });

  test.each([
    ['params.count + "x"', 'no such overload: int + string'],
    ['params.zz', 'no such key: zz'],
    ['zz', 'unknown variable: zz'],
    ['toString', 'unknown variable: toString'],
    ['params.constructor', 'no such key: constructor'],
    ['9007199254740993', 'the result 9007199254740993 is not an exact number'],
    ['0.0 / 0.0', 'the result NaN is not an exact number'],
    ['1 / 0', 'division by zero'],
    ['now.getDayOfWeek("Nowhere/X")', 'invalid time zone specified: Nowhere/X'],
    ['duration("1h")', 'the result is not text, number, bool, list or map'],
  ])('%s has no value', (source, message) => {
    expect(() => evaluateExpression(source, scope)).toThrow(message);
  });
});

test('the recorded version is the installed one', () => {
  const manifest = readFileSync('node_modules/@marcbachmann/cel-js/package.json', 'utf8');
  expect(celVersion).toBe(
    `@marcbachmann/cel-js ${(JSON.parse(manifest) as { version: string }).version}`,
  );
});
