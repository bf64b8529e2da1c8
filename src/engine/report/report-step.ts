import type { BlobId } from '../../base/ids.ts';
import type { Json } from '../../base/json.ts';
import { describeDenial } from '../../run/denial.ts';
import type { StepFinished } from '../../run/events.ts';
import { grantUse } from '../../run/loan.ts';
import type { Attempt, RunState, StepRecord } from '../../run/state.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import type { StepStatus } from '../../runbook/step-status.ts';
import type { Engine } from '../engine.ts';
import type { StepReport } from '../reports.ts';

/** Where a step stands, as the requests tell it. */
interface StepStanding {
  readonly step: PlannedStep;
  readonly status: StepStatus;
  /** Who rejected it, and why. */
  readonly rejection: string | null;
}

/** One step as `--output json` prints it; keys that have nothing to say are left out. */
export async function reportStep(
  engine: Engine,
  state: RunState,
  { step, status, rejection }: StepStanding,
): Promise<StepReport> {
  const record = state.steps.get(step.id);
  const last = record?.attempts.at(-1);
  const finished = last?.finished?.data ?? null;
  const reason = rejection ?? (record === undefined ? null : reasonOf(record));
  return {
    id: step.id,
    name: step.name,
    status,
    attempt: last?.attempt ?? 0,
    ...(finished === null ? {} : await resultOf(engine, finished)),
    ...(reason === null ? {} : { reason }),
    ...doneBy(last),
    ...underGrant(last),
  };
}

/** Whose word it is, where a person did it. */
function doneBy(last: Attempt | undefined): Pick<StepReport, 'done_by'> {
  const by = last?.doneBy;
  return by === undefined ? {} : { done_by: by.person ?? by.identity };
}

/** The approval of another run, where it stands under one. */
function underGrant(last: Attempt | undefined): Pick<StepReport, 'grant'> {
  const started = last?.started ?? null;
  const grant = started === null ? null : grantUse(started.data.permit);
  return grant === null ? {} : { grant };
}

/** Why it was skipped, denied, is unknown, or failed. */
function reasonOf({ skipped, denied, attempts }: StepRecord): string | null {
  const last = attempts.at(-1);
  if (last?.resolved) {
    return last.resolved.reason;
  }
  const denial = denied === null ? null : describeDenial(denied.reasons);
  return skipped ?? denial ?? last?.unknown ?? last?.finished?.data.reason ?? null;
}

async function resultOf(
  engine: Engine,
  finished: StepFinished,
): Promise<Pick<StepReport, 'exit_code' | 'duration_ms' | 'outputs'>> {
  const { exit_code, duration_ms } = finished;
  const outputs = finished.outputs === null ? null : await readOutputs(engine, finished.outputs);
  return {
    ...(exit_code === null ? {} : { exit_code }),
    duration_ms,
    ...(outputs === null ? {} : { outputs }),
  };
}

/** Null where the blob is gone: a report never fails for what it cannot show. */
async function readOutputs(
  engine: Engine,
  id: BlobId,
): Promise<{ readonly [key: string]: Json } | null> {
  if ((await engine.store.checkBlob(id)) !== 'ok') {
    return null;
  }
  const { bytes } = await engine.store.getBlob(id);
  return JSON.parse(bytes.toString('utf8')) as { readonly [key: string]: Json };
}
