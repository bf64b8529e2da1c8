import { UsageError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { closest } from '../../base/suggest.ts';
import type { Policy, Verdict } from '../../policy/policy.ts';
import { isSecretRef } from '../../runbook/digest.ts';
import { fitsHole } from '../../runbook/holes/holes.ts';
import { varyProblem } from '../../runbook/holes/vary.ts';
import type { Plan, PlannedStep } from '../../runbook/plan.ts';
import type { StartInput } from '../service.ts';

type Asking = Pick<StartInput, 'reuse' | 'breakGlass' | 'overrides'>;

/** Before a run is recorded. Throws UsageError `grant_unknown`, `grant_conflict`. */
export function refuseReuse(
  { grants }: Policy,
  { reuse, breakGlass, overrides = [] }: Asking,
): void {
  if (reuse === undefined) {
    return;
  }
  const names = grants.map(({ name }) => name);
  if (!names.includes(reuse)) {
    const near = closest(reuse, names);
    throw new UsageError({
      code: 'grant_unknown',
      message: `policy has no grant rule \`${reuse}\``,
      hint:
        near === null ? 'they stand under `grants` in policy.yaml' : `did you mean \`${near}\`?`,
    });
  }
  if (breakGlass !== undefined || overrides.length > 0) {
    throw new UsageError({
      code: 'grant_conflict',
      message: 'what is lifted for one run cannot hold for others',
      hint: 'leave out `--grant`',
    });
  }
}

/**
 * A step that asks for an approval that holds for later runs, before anything runs. Throws UsageError
 * `grant_unfit` where no later run could ever use it, or this very run lies outside the rule.
 */
export function refuseUnfit(plan: Plan, step: PlannedStep, verdict: Verdict): void {
  if (verdict.kind !== 'ask' || verdict.reuse === null) {
    return;
  }
  const { vary } = verdict.reuse;
  const problem = varyProblem(plan, step, vary);
  if (problem !== null) {
    throw unfit(step, problem);
  }
  for (const [name, limits] of Object.entries(vary)) {
    const value = valueOf(plan, name);
    const misfit = value === null ? null : fitsHole({ ...limits, name: `params.${name}` }, value);
    if (misfit !== null) {
      throw unfit(step, misfit);
    }
  }
}

/** A parameter of this run in the open; null for a secret, and where there is none. */
export function valueOf({ params }: Plan, name: string): Json {
  const value = params[name] ?? null;
  return isSecretRef(value) ? null : value;
}

/** Why no later run could use the approval. */
export function unfit({ id }: PlannedStep, why: string): UsageError {
  return new UsageError({
    code: 'grant_unfit',
    message: `an approval of step \`${id}\` cannot hold for later runs: ${why}`,
    hint: 'leave out `--grant`, or change the step or the rule',
  });
}
