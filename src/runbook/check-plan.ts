import { UsageError } from '../base/errors.ts';
import type { Reference } from '../base/expression-tree.ts';
import { closest } from '../base/suggest.ts';
import { allSteps, type Plan, type PlannedStep } from './plan.ts';
import { referencesOf, stepReferences } from './step-references.ts';

/**
 * What the file alone cannot tell: variables this environment does not have, and secret outputs that
 * would have to outlive the wait for an approval. Throws UsageError `variable_unknown` or
 * `secret_crosses_gate`.
 */
export function checkPlan(plan: Plan, env: Readonly<Record<string, string>>): void {
  refuseUnknownVariables(referencesOf(Object.values(env), []), 'env', plan);
  const steps = allSteps(plan);
  for (const [index, step] of steps.entries()) {
    const references = stepReferences(step);
    refuseUnknownVariables(references, `step \`${step.id}\``, plan);
    for (const { path } of references) {
      refuseCrossing(path, steps, index);
    }
  }
}

function refuseUnknownVariables(
  references: readonly Reference[],
  place: string,
  { environment }: Plan,
): void {
  const unknown = references.find(
    ({ path: [root, field, name = ''], use }) =>
      root === 'environment' &&
      field === 'vars' &&
      use !== 'presence' &&
      !Object.hasOwn(environment.vars, name),
  );
  if (unknown === undefined) {
    return;
  }
  const name = unknown.path[2] ?? '';
  const near = closest(name, Object.keys(environment.vars));
  throw new UsageError({
    code: 'variable_unknown',
    message: `${place}: the environment \`${environment.name}\` has no variable \`${name}\``,
    hint:
      near === null
        ? 'add it to `vars` in config.yaml, or choose another `-e`'
        : `did you mean \`${near}\`?`,
  });
}

/** A secret output lives in memory only: nobody may have to wait between its making and its use. */
function refuseCrossing(
  path: readonly string[],
  steps: readonly PlannedStep[],
  index: number,
): void {
  const [root, id, field, output = ''] = path;
  const from = steps.findIndex((step) => root === 'steps' && step.id === id);
  if (field !== 'outputs' || steps[from]?.outputs[output]?.secret !== true) {
    return;
  }
  const gate = steps.slice(from + 1, index + 1).find(waitsForPeople);
  if (gate !== undefined) {
    throw new UsageError({
      code: 'secret_crosses_gate',
      message: `step \`${steps[index]?.id ?? ''}\` uses the secret output \`${path.join('.')}\`, but step \`${gate.id}\` waits for ${gate.privileged ? 'an approval' : 'a person'} in between`,
      hint: 'secret outputs are never stored: make and use them on the same side of a step that waits',
    });
  }
}

function waitsForPeople({ privileged, action }: PlannedStep): boolean {
  return privileged || action.kind === 'manual';
}
