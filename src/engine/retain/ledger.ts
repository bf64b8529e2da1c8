import type { RequestContent } from '../../approval/request.ts';
import { formatTime } from '../../base/clock.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import type { Range } from '../../journal/merkle.ts';
import type { Recorded, RunFinished, StepStarted } from '../../run/events.ts';

/** What retention must know of a run: where it stands, and what still rests on it. */
export interface RunLedger {
  readonly run: RunId;
  /** Its entries, as they lie in the log. */
  readonly ranges: readonly Range[];
  /** RFC 3339 time of the last of them. */
  readonly last: string;
  /** How it ended; null where it has not. */
  readonly ended: RunFinished['status'] | null;
  /** Runs whose approvals it used, or that used its own. */
  readonly bound: ReadonlySet<RunId>;
  /**
   * Why something may still rest on it at that time, in words; null where nothing does. `revoked` are requests
   * that are known to be, though no entry said so here.
   */
  readonly needed: (nowMs: number, revoked?: ReadonlySet<RequestId>) => string | null;
}

export interface Ledger {
  /** Takes the next entry. */
  add(entry: Recorded): void;
  runs(): readonly RunLedger[];
}

interface Known {
  readonly run: RunId;
  readonly ranges: { from: number; to: number }[];
  readonly bound: Set<RunId>;
  /** Requests that were asked to hold for later runs, and until when they can stand at most. */
  readonly standing: Map<RequestId, number>;
  /** Break-glass requests whose step has started, and whose review is owed. */
  readonly owed: Set<RequestId>;
  last: string;
  ended: RunFinished['status'] | null;
}

/** Follows the whole log in order, and remembers of each run what a later entry could be judged by. */
export function openLedger(): Ledger {
  const known = new Map<RunId, Known>();
  const lenders = new Map<RequestId, Known>();
  return {
    add: (entry) => {
      const own = entry.run === null ? null : take(known, entry.run, entry);
      follow(entry, { own, known, lenders });
    },
    runs: () =>
      [...known.values()].map((each) => ({
        ...each,
        needed: (nowMs, revoked) => why(each, nowMs, revoked),
      })),
  };
}

function take(known: Map<RunId, Known>, run: RunId, { seq, time }: Recorded): Known {
  const own = known.get(run) ?? blank(run);
  known.set(run, own);
  const range = own.ranges.at(-1);
  if (range?.to === seq) {
    range.to = seq + 1;
  } else {
    own.ranges.push({ from: seq, to: seq + 1 });
  }
  own.last = time;
  return own;
}

function blank(run: RunId): Known {
  return {
    run,
    ranges: [],
    bound: new Set(),
    standing: new Map(),
    owed: new Set(),
    last: '',
    ended: null,
  };
}

interface Books {
  readonly own: Known | null;
  readonly known: ReadonlyMap<RunId, Known>;
  readonly lenders: Map<RequestId, Known>;
}

function follow({ event }: Recorded, { own, known, lenders }: Books): void {
  if (event.type === 'grant.revoked') {
    lenders.get(event.data.request)?.standing.delete(event.data.request);
  } else if (event.type === 'approval.requested') {
    ask(event.data, own, lenders);
  } else if (event.type === 'step.started') {
    start(event.data, own, known);
  } else if (event.type === 'break_glass.reviewed') {
    own?.owed.delete(event.data.request);
  } else if (event.type === 'run.finished' && own !== null) {
    own.ended = event.data.status;
  }
}

function ask(
  { id, grant, limits }: RequestContent,
  own: Known | null,
  lenders: Map<RequestId, Known>,
): void {
  if (own !== null && grant.reuse !== undefined) {
    // An approval is recorded before `pending_until`: it cannot stand for longer.
    own.standing.set(id, Date.parse(limits.pending_until) + grant.reuse.for_ms);
    lenders.set(id, own);
  }
}

function start({ permit }: StepStarted, own: Known | null, known: ReadonlyMap<RunId, Known>): void {
  if (own === null || permit.kind !== 'grant') {
    return;
  }
  if (permit.break_glass !== undefined) {
    own.owed.add(permit.request);
  }
  if (permit.lent_by !== undefined) {
    own.bound.add(permit.lent_by);
    known.get(permit.lent_by)?.bound.add(own.run);
  }
}

function why(
  { ended, standing, owed }: Known,
  nowMs: number,
  revoked: ReadonlySet<RequestId> = new Set(),
): string | null {
  if (ended === null) {
    return 'it has not ended';
  }
  const stands = [...standing].find(([id, untilMs]) => nowMs < untilMs && !revoked.has(id));
  if (stands !== undefined) {
    return `the approval of its request ${stands[0]} may stand for later runs until ${formatTime(stands[1])}`;
  }
  const [request] = owed;
  return request === undefined ? null : `a review of its break-glass request ${request} is owed`;
}
