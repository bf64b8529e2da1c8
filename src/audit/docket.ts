import type { Sha256 } from '../base/ids.ts';
import type { Rules } from '../run/judge.ts';
import type { RunState } from '../run/state.ts';
import { allSteps, type Plan, type PlannedStep } from '../runbook/plan.ts';

/** One run while its entries are replayed. Dropped when it ends, so that memory follows what is open. */
export interface Replay {
  readonly state: RunState;
  /** Null where its blob is gone: then nothing of this run can be judged. */
  readonly plan: Plan | null;
  /** Digests of the probes that were bound in approved commands, by those commands' digests. */
  readonly checks: ReadonlyMap<Sha256, Sha256>;
}

/** What a judgement may look at. */
export interface Docket {
  readonly origin: string;
  readonly rootAt: (size: number) => string | null;
  readonly rules: Rules;
}

/** A step of the run's plan; null where it has none of this id, or its plan is gone. */
export function plannedStep({ plan }: Replay, id: string | null): PlannedStep | null {
  return (plan === null ? undefined : allSteps(plan).find((step) => step.id === id)) ?? null;
}
