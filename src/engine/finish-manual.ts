import { formatTime } from '../base/clock.ts';
import { ConflictError, UsageError } from '../base/errors.ts';
import { type BlobId, newNonce, type RunId } from '../base/ids.ts';
import { waitsUntil } from '../run/manual.ts';
import { standingOf } from '../run/standing.ts';
import type { Attempt, RunState } from '../run/state.ts';
import { readParams } from '../runbook/params.ts';
import { allSteps, type ManualAction, type Plan } from '../runbook/plan.ts';
import { doerOf, refuseDecider } from './doer.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import { findRun } from './find.ts';
import { refuseLong } from './refuse-long.ts';
import { refuseEnded } from './resume-run.ts';
import type { DoneInput } from './service.ts';
import { loadRun } from './session.ts';
import { guardToken, refuseEndedToken } from './token/standing-token.ts';

/**
 * Records what a person says of a step that they were asked to do, with the values they were asked for.
 * It starts nothing and approves nothing: whoever drives the run goes on from there. With values they join
 * the run's chain, for what is made of them is theirs. Throws DeniedError `agent_does_manual`,
 * `initiator_unknown`, `decider_gives_values`, UsageError `step_not_asked`, `manual_too_late`,
 * `outputs_invalid`, `manual_done`.
 */
export async function finishManual(engine: Engine, input: DoneInput): Promise<RunId> {
  refuseLong({ reason: input.note });
  const run = await findRun(engine, input.run);
  const { rules } = await ensureConfig(engine);
  const { state, plan } = await loadRun(engine, run);
  refuseEnded(state);
  const by = doerOf(engine, { people: rules.people, state });
  const { attempt, action } = askedStep({ state, plan, step: input.step });
  refuseLate(attempt, { action, nowMs: engine.clock.now().wallMs });
  const { step, outcome, note } = input;
  const outputs = await keepValues(engine, action, input);
  if (outputs !== null) {
    refuseDecider(state, by);
  }
  try {
    await engine.store.commit({
      run,
      expectedVersion: state.version,
      // Never the same twice: what somebody else said meanwhile must not pass for this.
      commandId: `manual.done.${step}.${attempt.attempt}.${newNonce()}`,
      events: [
        {
          type: 'manual.done',
          data: { step, attempt: attempt.attempt, outcome, by, note, outputs },
        },
      ],
      guards: { config: rules.config, ...guardToken(engine) },
    });
  } catch (error) {
    if (error instanceof ConflictError) {
      await refuseEndedToken(engine, rules.people);
      return finishManual(engine, input);
    }
    throw error;
  }
  return run;
}

function askedStep({
  state,
  plan,
  step: id,
}: {
  readonly state: RunState;
  readonly plan: Plan;
  readonly step: string;
}): { readonly attempt: Attempt; readonly action: ManualAction } {
  const step = allSteps(plan).find((each) => each.id === id);
  const standing = step === undefined ? null : standingOf(state, step);
  if (step?.action.kind === 'manual' && standing?.kind === 'asked') {
    return { attempt: standing.attempt, action: step.action };
  }
  const last = state.steps.get(id)?.attempts.at(-1);
  if (last?.doneBy !== undefined) {
    const who = last.doneBy.person ?? last.doneBy.identity;
    throw new UsageError({
      code: 'manual_done',
      message: `\`${who}\` has said already how step \`${id}\` went: ${last.finished?.data.outcome ?? 'succeeded'}`,
      hint: `\`runbook status ${state.run}\` shows it`,
    });
  }
  throw new UsageError({
    code: 'step_not_asked',
    message: `step \`${id}\` of run \`${state.run}\` waits for nobody to do it`,
    hint: `\`runbook status ${state.run}\` shows where it stands`,
  });
}

function refuseLate(
  attempt: Attempt,
  { action, nowMs }: { readonly action: ManualAction; readonly nowMs: number },
): void {
  const untilMs = waitsUntil(attempt, action.wait_ms);
  if (untilMs !== null && nowMs >= untilMs) {
    throw new UsageError({
      code: 'manual_too_late',
      message: `step \`${attempt.asked?.data.step ?? ''}\` waited until ${formatTime(untilMs)}, and it is later`,
      hint: 'whoever goes on with the run finds it failed',
    });
  }
}

async function keepValues(
  engine: Engine,
  { ask }: ManualAction,
  { step, outcome, given }: DoneInput,
): Promise<BlobId | null> {
  if (outcome === 'failed' && Object.keys(given).length === 0) {
    return null;
  }
  const { values, problems } = readParams(ask, given, 'output');
  if (problems.length > 0) {
    throw new UsageError({
      code: 'outputs_invalid',
      message: `step \`${step}\`: ${problems.join('; ')}`,
      hint: 'give each with `-o key=value`',
    });
  }
  return Object.keys(values).length === 0
    ? null
    : engine.store.putBlob(Buffer.from(JSON.stringify(values)));
}
