import { assert, constantFrom, integer, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { commandDigest } from '../../src/runbook/digest.ts';
import { fillHoles, fitsHole } from '../../src/runbook/holes/holes.ts';
import { renderVarying } from '../../src/runbook/holes/vary.ts';
import { renderStep } from '../../src/runbook/render.ts';
import { aRunbook, aScope, planOf, stepOf } from './builders.ts';

const source = aRunbook(
  '  - { id: s, exec: [echo, "${{ params.mode }}", "n=${{ params.shard }}"], env: { MODE: "${{ params.mode }}" } }\n',
  'params:\n  shard: { type: integer }\n  mode: { type: string }\nenv: { SHARD: "x${{ params.shard }}" }\n',
);
const limits = { type: 'integer', enum: null, pattern: null, min: 1, max: 8 } as const;
const scope = aScope();

function rendered(given: { readonly shard: number; readonly mode: string }) {
  const { plan } = planOf(source, { given, reusable: true, run: scope.run });
  const step = stepOf(plan, 's');
  const varying = renderVarying(plan, step, { scope, vary: { shard: limits } });
  return { command: renderStep(plan, step, scope), varying };
}

const params = record({
  shard: integer({ min: -2, max: 12 }),
  mode: constantFrom('soft', 'hard', '1', 'n=1'),
});

test('a template covers exactly the commands that differ in what may vary, within its limits', () => {
  assert(
    property(params, params, (approved, later) => {
      const { varying } = rendered(approved);
      const { command } = rendered(later);
      if (varying === null) {
        throw new Error('this step can always be rendered with marks');
      }
      const values = { 'params.shard': later.shard };
      const covers =
        varying.holes.every((hole) => fitsHole(hole, later.shard) === null) &&
        commandDigest(fillHoles(varying.template, values)) === commandDigest(command);
      const mayCover = later.shard >= 1 && later.shard <= 8 && later.mode === approved.mode;
      expect(covers).toBe(mayCover);
    }),
  );
});

test('what the step does not use is no hole', () => {
  const plain = aRunbook('  - { id: s, exec: [echo] }\n', 'params: { shard: { type: integer } }\n');
  const { plan } = planOf(plain, { given: { shard: 1 }, reusable: true });
  const varying = renderVarying(plan, stepOf(plan, 's'), { scope, vary: { shard: limits } });
  expect(varying?.holes).toEqual([]);
});
