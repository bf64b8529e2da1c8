import type { RequestContent } from '../../approval/request.ts';
import { UsageError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { closest } from '../../base/suggest.ts';
import type { Policy, ReuseTerms, Verdict } from '../../policy/policy.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, encodeCommand, isSecretRef, secretsOf } from '../../runbook/digest.ts';
import { fillHoles, fitsHole } from '../../runbook/holes/holes.ts';
import { renderVarying, type VaryingCommand, varyProblem } from '../../runbook/holes/vary.ts';
import type { Plan, PlannedStep } from '../../runbook/plan.ts';
import type { StartInput } from '../service.ts';
import type { Session } from '../session.ts';
import { scopeOf } from '../step/scope.ts';

type Values = Readonly<Record<string, Json>>;

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

/** The one command of a request as it is asked for, and how the approval is to hold. */
export async function freezeCommand(
  session: Session,
  step: PlannedStep,
  { command, reuse }: { readonly command: Command; readonly reuse: ReuseTerms | null },
): Promise<{
  readonly asked: RequestContent['commands'][number];
  readonly grant: Pick<RequestContent['grant'], 'reuse'>;
}> {
  const { template, holes, values }: VaryingCommand & { readonly values: Values } =
    reuse === null
      ? { template: command, holes: [], values: {} }
      : await renderBound(session, step, { command, reuse });
  const blob = await session.engine.store.putBlob(encodeCommand(template));
  const asked = { step: step.id, digest: commandDigest(template), command: blob };
  return {
    asked: holes.length === 0 ? asked : { ...asked, holes, values },
    grant: reuse === null ? {} : { reuse: termsOf(reuse) },
  };
}

function termsOf({ rule, max_uses, for_ms }: ReuseTerms): Omit<ReuseTerms, 'vary'> {
  return { rule, max_uses, for_ms };
}

async function renderBound(
  session: Session,
  step: PlannedStep,
  { command, reuse }: { readonly command: Command; readonly reuse: ReuseTerms },
): Promise<VaryingCommand & { readonly values: Values }> {
  const { engine, plan } = session;
  const scope = await scopeOf(session, null, step);
  const rendered = renderVarying(plan, step, { scope, vary: reuse.vary });
  if (rendered === null) {
    throw unfit(step, 'a parameter that may vary stands where nothing may vary');
  }
  const template = engine.actions.bind(rendered.template, true);
  const [secret] = secretsOf(template);
  if (secret !== undefined) {
    throw unfit(step, `it is given the secret \`${secret}\`, which every run commits to anew`);
  }
  const values = holeValues(plan, rendered);
  if (commandDigest(fillHoles(template, values)) !== commandDigest(command)) {
    throw unfit(step, 'with the values of this run its template is not what would run');
  }
  return { template, holes: rendered.holes, values };
}

function holeValues(plan: Plan, { holes }: VaryingCommand): Values {
  return Object.fromEntries(
    holes.flatMap(({ name }): [string, Json][] => {
      const value = valueOf(plan, name.slice('params.'.length));
      return value === null ? [] : [[name, value]];
    }),
  );
}

function valueOf({ params }: Plan, name: string): Json {
  const value = params[name] ?? null;
  return isSecretRef(value) ? null : value;
}

function unfit({ id }: PlannedStep, why: string): UsageError {
  return new UsageError({
    code: 'grant_unfit',
    message: `an approval of step \`${id}\` cannot hold for later runs: ${why}`,
    hint: 'leave out `--grant`, or change the step or the rule',
  });
}
