import { expect, test } from 'vitest';
import { stepLines } from '../../src/runbook/parse/step-lines.ts';

const lines = (text: string) => Object.fromEntries(stepLines(text, 'runbook.yaml'));

const text = `name: lines
preconditions:
  - id: first
    run: echo
steps:
  # about the second
  - id: second
    run: |
      echo one
      echo two

  - id: third
    exec: [ls]
finally:
  - id: last
    run: echo`;

test('a step goes up to the next, and the last of a list up to the next section', () => {
  expect(lines(text)).toEqual({
    first: [[3, 4]],
    second: [[7, 11]],
    third: [[12, 13]],
    last: [[15, 16]],
  });
});

test("a runbook's own `env` is part of every step", () => {
  const { first, last } = lines(`${text}\nenv:\n  TARGET: prod\ndescription: x`);
  expect(first).toEqual([
    [3, 4],
    [17, 18],
  ]);
  expect(last).toEqual([
    [15, 16],
    [17, 18],
  ]);
});

test('steps on one line share it', () => {
  const flow = 'name: flow\nsteps: [{ id: a, run: x }, { id: b, run: y },\n  { id: c, run: z }]';
  expect(lines(flow)).toEqual({ a: [[2, 2]], b: [[2, 2]], c: [[3, 3]] });
});

test('with an alias what a step says may stand anywhere', () => {
  const aliased =
    'name: alias\ndescription: &x rm -rf /\nsteps:\n  - id: a\n    run: *x\n  - id: b\n    run: y';
  expect(lines(aliased)).toEqual({ a: [[1, 7]], b: [[1, 7]] });
});
