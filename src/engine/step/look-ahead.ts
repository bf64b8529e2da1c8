import { UsageError } from '../../base/errors.ts';
import type { Policy, Verdict } from '../../policy/policy.ts';
import { caseOf, judgeStep } from '../../run/judge.ts';
import { startsAt } from '../../run/next.ts';
import type { Command } from '../../runbook/command.ts';
import type { Hole } from '../../runbook/holes/hole.ts';
import { renderTemplate } from '../../runbook/holes/holes.ts';
import { outputHoles } from '../../runbook/holes/output-holes.ts';
import { allSteps, type PlannedStep } from '../../runbook/plan.ts';
import { evaluateIf, type RenderScope, renderStep } from '../../runbook/render.ts';
import { referencesOf } from '../../runbook/step-references.ts';
import { listsOf } from '../ask-lists.ts';
import { findLoan } from '../grant/find-loan.ts';
import type { Session } from '../session.ts';
import { scopeOf } from './scope.ts';

type Ask = Extract<Verdict, { kind: 'ask' }>;
type Deny = Extract<Verdict, { kind: 'deny' }>;

/** A step that can be asked for before anything runs. */
export interface Part {
  readonly step: PlannedStep;
  readonly verdict: Ask;
  /** Bound, with hashes, and with marks where `holes` are. */
  readonly command: Command;
  readonly holes: readonly Hole[];
  /** Whoever approves it must not have approved another step: it is asked for by itself, after the others. */
  readonly alone: boolean;
}

/** What policy says of all steps of a run before anything of it happens. */
export interface Outlook {
  /** The first step that it denies; then the run ends before it begins. */
  readonly denied: { readonly step: PlannedStep; readonly verdict: Deny } | null;
  readonly parts: readonly Part[];
}

/**
 * Looks ahead over the whole run, at the rules of the time at which it may begin. Left out is what nobody
 * need be asked about or what an approval of an earlier run covers, what a person does, and what cannot be
 * rendered before an earlier step ran: nothing of this a further rule could bring about.
 */
export async function lookAhead(session: Session): Promise<Outlook> {
  const scope = await scopeOf(session, null);
  const judged = judgeAll(session, scope);
  const denied = judged.flatMap(({ step, verdict }) =>
    verdict.kind === 'deny' ? { step, verdict } : [],
  );
  const parts = judged.flatMap(({ step, verdict }) =>
    verdict.kind === 'ask' && mayBeAsked(verdict) ? partOf(session, { step, verdict }, scope) : [],
  );
  return { denied: denied[0] ?? null, parts: await notLent(session, parts) };
}

function judgeAll(
  session: Session,
  scope: RenderScope,
): readonly { readonly step: PlannedStep; readonly verdict: Verdict }[] {
  const { engine, inForce, plan, state } = session;
  const nowMs = session.nowMs();
  const moment = { nowMs: startsAt(state, nowMs) ?? nowMs, lists: listsOf(engine, inForce.rules) };
  return allSteps(plan)
    .filter((step) => step.action.kind !== 'manual' && !isSkipped(session, step, scope))
    .map((step) => ({
      step,
      verdict: judgeStep(inForce.rules, caseOf(state, plan, step), moment),
    }));
}

/** What is asked beyond the ordinary is asked at its own point. */
function mayBeAsked({ breakGlass, reuse }: Ask): boolean {
  return breakGlass === null && reuse === null;
}

function isAlone({ evaluation }: Ask, { rules }: Policy): boolean {
  return rules.some(
    ({ name, require }) =>
      evaluation.matched.includes(name) && require?.exclude.includes('earlier_approver') === true,
  );
}

/** A step that may start under the approval of another run is asked about by nobody. */
async function notLent(session: Session, parts: readonly Part[]): Promise<readonly Part[]> {
  const asked: Part[] = [];
  for (const part of parts) {
    // What has holes is compared with what was approved once its values are known.
    if (part.holes.length > 0 || (await findLoan(session, part)) === null) {
      asked.push(part);
    }
  }
  return asked;
}

/** By what is known already; where `if` looks at other steps, nobody knows yet. */
function isSkipped({ plan }: Session, step: PlannedStep, scope: RenderScope): boolean {
  if (
    step.if === null ||
    referencesOf([], [step.if]).some(({ path: [root] }) => root === 'steps')
  ) {
    return false;
  }
  try {
    return !evaluateIf(plan, step, scope);
  } catch (error) {
    if (error instanceof UsageError) {
      return true;
    }
    throw error;
  }
}

function partOf(
  { engine, plan, inForce }: Session,
  { step, verdict }: Pick<Part, 'step' | 'verdict'>,
  scope: RenderScope,
): readonly Part[] {
  const holes = outputHoles(plan, step);
  if (holes === null) {
    return [];
  }
  try {
    const names = holes.map(({ name }) => name);
    const rendered =
      holes.length === 0
        ? renderStep(plan, step, scope)
        : renderTemplate(plan, step, { scope, names });
    return rendered === null
      ? []
      : [
          {
            step,
            verdict,
            command: engine.actions.bind(rendered, true),
            holes,
            alone: isAlone(verdict, inForce.rules.policy),
          },
        ];
  } catch (error) {
    if (error instanceof UsageError) {
      // What cannot be made now, perhaps an earlier step makes possible; else it fails at its own point.
      return [];
    }
    throw error;
  }
}
