import type { RequestId, Sha256 } from '../base/ids.ts';
import type { Config } from '../policy/config.ts';
import type { KnownPasskey } from '../run/enrolments.ts';
import type { Rules } from '../run/judge.ts';
import type { Loan } from '../run/loan.ts';
import type { Attempt, RunState } from '../run/state.ts';
import type { Command } from '../runbook/command.ts';
import type { Plan, PlannedStep } from '../runbook/plan.ts';
import type { Given } from './given-values.ts';
import type { Said } from './judge-inviter.ts';
import { layoutOf } from './layout.ts';
import type { Dealings } from './loans.ts';

/** One run while its entries are replayed. Dropped when it ends, so that memory follows what is open. */
export interface Replay {
  readonly state: RunState;
  /** Null where its blob is gone: then nothing of this run can be judged. */
  readonly plan: Plan | null;
  /** Digests of the probes that were bound in approved commands, by those commands' digests. */
  readonly checks: ReadonlyMap<Sha256, Sha256>;
  /** Approved commands with values to come, and those that hold for later runs, by their digests. */
  readonly templates: ReadonlyMap<Sha256, Command>;
  /** What steps gave for the holes of approved commands. */
  readonly given: Given;
  /** So many steps of the plan's body, from the first, are through: none of them keeps another waiting. */
  readonly through: number;
}

/** What a judgement may look at. */
export interface Docket {
  readonly origin: string;
  readonly rootAt: (size: number) => string | null;
  readonly rules: Rules;
  readonly config: Config;
  /** What became of a request that was asked to hold for later runs; null for every other. */
  readonly dealings: (request: RequestId) => Dealings | null;
  /** The passkey that something was said by, as entries have enrolled it; null where it was none. */
  readonly passkeyOf: (said: Said) => KnownPasskey | null;
  /** The approval of another run, as it stands. */
  readonly loanOf: (request: RequestId) => Loan | null;
}

/** A step of the run's plan; null where it has none of this id, or its plan is gone. */
export function plannedStep({ plan }: Pick<Replay, 'plan'>, id: string | null): PlannedStep | null {
  return plan === null || id === null ? null : (layoutOf(plan).stepOf.get(id) ?? null);
}

/** An attempt of one of its steps, as the entries before have it; null where there is none. */
export function attemptOf({ state }: Replay, step: string, attempt: number): Attempt | null {
  return state.steps.get(step)?.attempts.find((each) => each.attempt === attempt) ?? null;
}
