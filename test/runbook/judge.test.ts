import { describe, expect, test } from 'vitest';
import { judgeResult, readOutputs, type StepResult } from '../../src/runbook/judge.ts';
import type { PlannedStep } from '../../src/runbook/plan.ts';
import { expressionScope } from '../../src/runbook/scope.ts';
import { aRunbook, aScope, planOf, stepOf } from './builders.ts';

const head = 'params:\n  nodes: { type: integer, default: 3 }\n';

function aStep(...lines: string[]): PlannedStep {
  const source = aRunbook(`  - id: s\n${lines.map((line) => `    ${line}\n`).join('')}`, head);
  return stepOf(planOf(source).plan, 's');
}

const scope = expressionScope(planOf(aRunbook('  - id: s\n    exec: ls\n', head)).plan, aScope());

function exited(exitCode: number | null, stdout: string | null = ''): StepResult {
  return { stdout, exitCode, response: null, scope };
}

function responded(status: number, body: string | null = ''): StepResult {
  return {
    stdout: null,
    exitCode: null,
    response: { status, headers: { etag: 'x' }, body },
    scope,
  };
}

describe('what a step expects', () => {
  test.each<[string, StepResult, string | null]>([
    ['{}', exited(0), null],
    ['{}', exited(3), 'exit: exit code 3, expected 0'],
    ['{}', exited(null), 'exit: no exit code, expected 0'],
    ['{ exit: [0, 3] }', exited(3), null],
    ['{ that: stdout == "a" }', exited(0, 'a\n'), null],
    ['{ that: stdout == "a" }', exited(0, 'a\n\n'), 'expect: `stdout == "a"` is false'],
    ['{ that: json.up == params.nodes }', exited(0, '{"up":3}'), null],
    [
      '{ that: json.up == params.nodes }',
      exited(0, '{"up":2}'),
      'expect: `json.up == params.nodes` is false',
    ],
    ['{ that: json.up == 3 }', exited(0, 'oops'), 'expect: `json.up == 3`: stdout is not JSON: '],
    [
      '{ that: json.down == 3 }',
      exited(0, '{"up":3}'),
      'expect: `json.down == 3`: no such key: down',
    ],
    ['{ that: json }', exited(0, '"x"'), 'expect: `json` is "x"'],
    ['{ that: exit_code == 0 }', exited(0, null), null],
    [
      '{ that: stdout == "" }',
      exited(0, null),
      'expect: `stdout == ""`: stdout is too large to look at',
    ],
  ])('%s', (expectation, result, reason) => {
    const verdict = judgeResult(aStep('exec: ls', `expect: ${expectation}`).expect, result);
    const said = verdict.ok ? null : `${verdict.failure}: ${verdict.reason}`;
    expect(reason === null ? said : said?.startsWith(reason)).toBe(reason === null ? null : true);
  });

  test.each<[string, StepResult, string | null]>([
    ['{}', responded(204), null],
    ['{}', responded(304), 'status: status 304, expected 200-299'],
    ['{ status: [404, "200-299"] }', responded(404), null],
    ['{ status: 404 }', responded(200), 'status: status 200, expected 404'],
    ['{ that: response.json.up == 3 }', responded(200, '{"up":3.0}'), null],
    [
      '{ that: response.headers.etag == "x" && response.status == 200 }',
      responded(200, 'no JSON'),
      null,
    ],
    ['{ that: "response.body.contains(\'up\')" }', responded(200, 'is up'), null],
    [
      '{ that: response.json.up == 3 }',
      responded(200, null),
      'expect: `response.json.up == 3`: the body is too large to look at',
    ],
  ])('%s of http', (expectation, result, reason) => {
    const verdict = judgeResult(
      aStep('http: GET https://h/', `expect: ${expectation}`).expect,
      result,
    );
    expect(verdict.ok ? null : `${verdict.failure}: ${verdict.reason}`).toBe(reason);
  });
});

describe('outputs', () => {
  test('come from expressions and from the file; what the runbook says wins', () => {
    const step = aStep('run: ./x', 'outputs: { up: json.up, key: {} }');
    expect(readOutputs(step, exited(0, '{"up":3}'), 'key=a=b\nup=no\n\nmore=1\r\n')).toEqual({
      ok: true,
      outputs: { key: 'a=b', up: 3, more: '1' },
      secretOutputs: {},
    });
  });

  test('are read in the type that they declare', () => {
    const step = aStep('run: ./x', 'outputs: { lag: { type: integer, min: 0, max: 5 } }');
    const read = readOutputs(step, exited(0), 'lag=3\n');
    expect(read).toMatchObject({ ok: true, outputs: { lag: 3 } });
  });

  test.each([
    ['{ type: string, enum: [a, b] }', 'c', 'output `it` must be one of a, b, not `c`'],
    ['{ type: integer, min: 1, max: 3 }', '4', 'output `it` must be at most 3, not `4`'],
    ['{ type: integer }', 'many', 'output `it` must be a whole number, not `many`'],
    ['{ type: string, pattern: a+ }', 'aab', 'output `it` must fit the pattern'],
  ])('fail the step where they are not what it says: %s', (limits, given, reason) => {
    const step = aStep('run: ./x', `outputs: { it: ${limits} }`);
    const read = readOutputs(step, exited(0), `it=${given}\n`);
    expect(read.ok ? '' : read.reason).toContain(reason);
  });

  test('a JSON object in the file keeps its types', () => {
    const read = readOutputs(aStep('run: ./x'), exited(0), ' {"n": 1, "l": [true]}\n');
    expect(read).toMatchObject({ ok: true, outputs: { n: 1, l: [true] } });
  });

  test('a secret goes its own way, and then nothing undeclared is kept', () => {
    const step = aStep(
      'run: ./x',
      'outputs: { token: { value: json.t, secret: true }, key: { secret: true }, up: json.up }',
    );
    expect(readOutputs(step, exited(0, '{"t":"tok","up":1}'), 'key=k\nrest=tok\n')).toEqual({
      ok: true,
      outputs: { up: 1 },
      secretOutputs: { token: 'tok', key: 'k' },
    });
  });

  test.each([
    ['{ up: json.up }', 'oops', '', 'output `up`: stdout is not JSON'],
    ['{ up: json.down }', '{}', '', 'output `up`: no such key: down'],
    ['{ key: {} }', '', '', 'output `key`: it was not written to $RUNBOOK_OUTPUT'],
    ['{ t: { value: json.t, secret: true } }', '{"t":1}', '', 'output `t`: a secret must be text'],
    ['{}', '', 'a\n', 'line 1 of $RUNBOOK_OUTPUT is not `key=value`'],
    ['{}', '', 'A=1\n', '`A` in $RUNBOOK_OUTPUT is not a name such as `node_count`'],
    [
      '{}',
      '',
      '__proto__=1\n',
      '`__proto__` in $RUNBOOK_OUTPUT is not a name such as `node_count`',
    ],
    ['{}', '', '{"a":', '$RUNBOOK_OUTPUT is not JSON: '],
    ['{}', '', `a=${'x'.repeat(70_000)}`, '$RUNBOOK_OUTPUT holds more than 65536 bytes'],
  ])('%s', (outputs, stdout, file, reason) => {
    const read = readOutputs(aStep('run: ./x', `outputs: ${outputs}`), exited(0, stdout), file);
    expect(read.ok ? '' : read.reason).toContain(reason);
  });
});
