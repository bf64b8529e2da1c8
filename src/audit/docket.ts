import type { Rules } from '../run/judge.ts';
import type { RunState } from '../run/state.ts';
import type { Plan } from '../runbook/plan.ts';

/** One run while its entries are replayed. Dropped when it ends, so that memory follows what is open. */
export interface Replay {
  readonly state: RunState;
  /** Null where its blob is gone: then nothing of this run can be judged. */
  readonly plan: Plan | null;
}

/** What a judgement may look at. */
export interface Docket {
  readonly origin: string;
  readonly rootAt: (size: number) => string | null;
  readonly rules: Rules;
}
