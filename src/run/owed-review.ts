import { actorsOf, type OwedReview } from '../approval/court/judge-review.ts';
import type { StandingReview } from '../approval/debt.ts';
import { formatTime } from '../base/clock.ts';
import { allSteps, type Plan } from '../runbook/plan.ts';
import { isUnder } from './dealings.ts';
import { standingOf } from './standing.ts';
import type { Attempt, RequestRecord, RunState } from './state.ts';

type Started = NonNullable<Attempt['started']>;

/** What was done under a break-glass request; null where it is an ordinary one, or nothing was started. */
export function owedReview(
  state: RunState,
  record: RequestRecord,
): { readonly owed: OwedReview; readonly started: Started; readonly due: string } | null {
  const { content, decisions, hash } = record;
  const terms = content.break_glass;
  const started = firstStart(state, record);
  if (terms === null || started === null) {
    return null;
  }
  const owed: OwedReview = {
    run: content.run,
    terms,
    request: { id: content.id, leafHash: hash },
    started: { leafHash: started.hash, index: started.seq },
    actors: actorsOf(decisions.map(({ data }) => data)),
  };
  const due = formatTime(Date.parse(started.time) + terms.review.within_ms);
  return { owed, started, due };
}

/** Somebody was asked to break the glass in this run; whether anything was started is another matter. */
export function breaksGlass({ requests }: RunState): boolean {
  return [...requests.values()].some(({ content }) => content.break_glass !== null);
}

/** How it stands with the review of a request; null where none is owed. */
export function standingReview(
  state: RunState,
  record: RequestRecord,
  nowMs: number,
): StandingReview | null {
  const found = owedReview(state, record);
  if (found === null) {
    return null;
  }
  const { due } = found;
  const { review } = record;
  if (review === null) {
    return { due, overdue: nowMs >= Date.parse(due), review };
  }
  const { person, finding, reason } = review.data;
  return { due, overdue: false, review: { person, finding, reason, time: review.time } };
}

/** A review is of something that is over: what could start after it would be looked at by nobody. */
export function mayStillStart(state: RunState, plan: Plan, { content }: RequestRecord): boolean {
  const steps = content.commands.map(({ step }) => step);
  const open: readonly string[] = ['due', 'running', 'unknown'];
  return (
    state.finished === null &&
    allSteps(plan).some(
      (step) => steps.includes(step.id) && open.includes(standingOf(state, step).kind),
    )
  );
}

function firstStart(state: RunState, { content }: RequestRecord): Started | null {
  const starts = [...state.steps.values()]
    .flatMap(({ attempts }) => attempts)
    .flatMap(({ started }) => started ?? [])
    .filter(({ data }) => isUnder(data, content.id));
  const [first = null] = starts.sort((one, other) => one.seq - other.seq);
  return first;
}
