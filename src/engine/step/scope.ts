import type { Sha256 } from '../../base/ids.ts';
import type { Json } from '../../base/json.ts';
import type { Event } from '../../run/events.ts';
import type { RunState, StepRecord } from '../../run/state.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import { allSteps } from '../../runbook/plan.ts';
import type { RenderScope } from '../../runbook/render.ts';
import { stepReferences } from '../../runbook/step-references.ts';
import type { Session } from '../session.ts';

/**
 * What templates and `if` may look at now: the run so far, as recorded; of a run with many steps only
 * those that `step` names, where one is given.
 */
export async function scopeOf(
  session: Session,
  carry: Event | null,
  step?: PlannedStep,
): Promise<RenderScope> {
  const state = carry === null ? session.state : session.foresee(carry);
  const looked = step === undefined ? state.steps.values() : namedBy(step, state);
  const steps: RenderScope['steps'] = Object.fromEntries(
    await Promise.all(
      [...looked]
        .filter((step) => step.attempts.length > 0 || step.skipped !== null)
        .map(async (step) => [step.id, await facts(session, step)] as const),
    ),
  );
  return {
    steps,
    run: { id: session.run, reason: state.started.reason, ticket: state.started.ticket },
    initiator: initiatorFacts(state),
    host: session.engine.host,
    uid: session.engine.uid,
  };
}

function namedBy(step: PlannedStep, { steps }: RunState): Iterable<StepRecord> {
  const named = stepReferences(step).flatMap(({ path: [root, id = ''] }) =>
    root === 'steps' ? (steps.get(id) ?? []) : [],
  );
  return new Set(named);
}

async function facts(session: Session, step: StepRecord): Promise<RenderScope['steps'][string]> {
  const finished = step.attempts.at(-1)?.finished?.data ?? null;
  const secrets = secretOutputs(step.id, finished?.secret_outputs ?? {});
  return {
    status: statusOf(session, step),
    exit_code: finished?.exit_code ?? null,
    outputs: { ...(await session.outputsOf(step.id)), ...secrets },
  };
}

/** In the words of `status`: what later steps look at is what people see. */
function statusOf({ plan }: Session, step: StepRecord): string {
  if (step.skipped !== null) {
    return 'skipped';
  }
  const last = step.attempts.at(-1);
  const status = last?.resolved?.outcome ?? last?.finished?.data.outcome ?? 'unknown';
  const planned = status === 'failed' ? allSteps(plan).find(({ id }) => id === step.id) : undefined;
  return planned?.continue_on_error === true ? 'tolerated' : status;
}

function secretOutputs(
  step: string,
  commitments: Readonly<Record<string, Sha256>>,
): Record<string, { readonly secret: string; readonly commitment: Sha256 }> {
  return Object.fromEntries(
    Object.entries(commitments).map(([key, commitment]) => [
      key,
      { secret: `steps.${step}.outputs.${key}`, commitment },
    ]),
  );
}

/** The part of the chain that expressions see; the same when the plan is built and when it is rendered. */
export function initiatorFacts({ initiator }: Pick<RunState, 'initiator'>): {
  readonly [key: string]: Json;
} {
  const agent = initiator.chain.find(({ role }) => role === 'agent');
  return {
    kind: initiator.kind,
    caller: initiator.chain[0]?.identity ?? '',
    person: initiator.chain.find(({ person }) => person !== null)?.person ?? null,
    agent: agent === undefined ? null : agent.identity.slice('agent:'.length),
  };
}
