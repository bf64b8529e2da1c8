import { expect, test } from 'vitest';
import { runbookJsonSchema } from '../../src/runbook/json-schema.ts';
import { parseRunbook } from '../../src/runbook/parse/parse.ts';
import { aRunbook, planOf, problemsOf } from './builders.ts';

const step = (output: string): string =>
  aRunbook(`  - id: s\n    exec: ls\n    outputs:\n      it: ${output}\n`);

function limitsOf(output: string): unknown {
  return parseRunbook(step(output), 'a.yaml').steps[0]?.outputs['it'];
}

test('an output says what it may be, in the words of a parameter', () => {
  expect(limitsOf('{ value: stdout, type: string, enum: [a, b] }')).toEqual({
    value: 'stdout',
    secret: false,
    limits: { type: 'string', enum: ['a', 'b'], pattern: null, min: null, max: null },
  });
  expect(limitsOf('{ type: integer, min: 1, max: 3 }')).toMatchObject({
    limits: { type: 'integer', min: 1, max: 3 },
  });
});

test('an output that says nothing is stored as it ever was', () => {
  expect(limitsOf('stdout')).toEqual({ value: 'stdout', secret: false });
  expect(limitsOf('{}')).toEqual({ value: null, secret: false });
});

test.each([
  ['{ enum: [a] }', 'the output `it` has limits, but no `type`'],
  ['{ type: string, min: 1 }', '`min` and `max` are for an `integer` or a `number`'],
  ['{ type: string, enum: [1] }', '`it` must be text, not `1`'],
  ['{ type: string, pattern: "(" }', 'missing closing )'],
  ['{ type: string, pattern: "\\\\Qa" }', 'missing closing )'],
  [
    '{ type: string, pattern: "(?s).*" }',
    'the pattern `(?s).*` limits nothing: it takes line breaks or other control characters — name the characters',
  ],
  ['{ type: text }', '`type` must be `string` or'],
  ['{ type: string, secret: true }', 'the output `it` is secret: nobody could see what it may be'],
])('%s is refused, at its own line', (output, message) => {
  const [problem = ''] = problemsOf(step(output));
  expect(problem).toContain(message);
  expect(problem).toMatch(/^6:/);
});

test('approvals are asked each at its step, unless the runbook says together', () => {
  const steps = '  - { id: s, exec: ls }\n';
  expect(planOf(aRunbook(steps)).plan).not.toHaveProperty('approvals');
  expect(planOf(aRunbook(steps, 'approvals: each\n')).plan).not.toHaveProperty('approvals');
  expect(planOf(aRunbook(steps, 'approvals: together\n')).plan.approvals).toBe('together');
  expect(problemsOf(aRunbook(steps, 'approvals: none\n'))).toHaveLength(1);
});

test('editors know them both', () => {
  const schema = JSON.stringify(runbookJsonSchema());
  expect(schema).toContain('"approvals"');
  expect(schema).toContain('"together"');
});
