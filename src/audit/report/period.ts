import { formatTime } from '../../base/clock.ts';
import type { RequestId, RunId } from '../../base/ids.ts';
import type { Assurance } from '../../policy/policy.ts';
import type { Recorded, StepStarted } from '../../run/events.ts';
import { type Kind, kinds } from './kinds.ts';
import { describeDecided, tell } from './tell.ts';

/** An entry, and what it is worth telling. */
export interface Mark {
  readonly index: number;
  /** RFC 3339. */
  readonly time: string;
  readonly run: RunId | null;
  readonly what: string;
}

/** What happened in a period, by kind. */
export interface Period {
  readonly entries: number;
  /** Numbers of its first and last entry; null where it has none. */
  readonly first: number | null;
  readonly last: number | null;
  readonly marks: Readonly<Record<Kind, readonly Mark[]>>;
  /** Approvals by how sure it is who gave them. */
  readonly approvals: Readonly<Record<Assurance, readonly Mark[]>>;
  readonly approvers: readonly string[];
}

/** Follows the whole log, from its beginning: what began earlier explains what happens in the period. */
export interface PeriodFold {
  add(entry: Recorded): void;
  /** `nowMs`: when it is asked what is overdue. */
  end(nowMs: number): Period;
}

/** The period is `from <= time < to`, RFC 3339; null is open. */
export function openPeriod(of: {
  readonly from: string | null;
  readonly to: string | null;
}): PeriodFold {
  const books: Books = {
    marks: emptyMarks(),
    approvals: { A0: [], A1: [], A2: [], A3: [] },
    approvers: new Set(),
    reviews: new Map(),
    debts: new Map(),
  };
  let [entries, first, last]: [number, number | null, number | null] = [0, null, null];
  return {
    add: (entry) => {
      const within =
        (of.from === null || entry.time >= of.from) && (of.to === null || entry.time < of.to);
      followDebt(entry, books, within);
      if (within) {
        entries += 1;
        first ??= entry.seq;
        last = entry.seq;
        note(entry, books);
      }
    },
    end: (nowMs) => ({
      entries,
      first,
      last,
      marks: { ...books.marks, overdue: [...books.marks.overdue, ...overdue(books, nowMs)] },
      approvals: books.approvals,
      approvers: [...books.approvers].sort(),
    }),
  };
}

interface Debt {
  readonly mark: Mark;
  readonly dueMs: number;
}

interface Books {
  readonly marks: Record<Kind, Mark[]>;
  readonly approvals: Record<Assurance, Mark[]>;
  readonly approvers: Set<string>;
  /** How long a review of break-glass may take, by its request. */
  readonly reviews: Map<RequestId, number>;
  /** Reviews that are owed, and are of the period. */
  readonly debts: Map<RequestId, Debt>;
}

function emptyMarks(): Record<Kind, Mark[]> {
  return Object.fromEntries(kinds.map((kind) => [kind, []])) as unknown as Record<Kind, Mark[]>;
}

function followDebt(entry: Recorded, { reviews, debts, marks }: Books, within: boolean): void {
  const { event } = entry;
  if (event.type === 'approval.requested' && event.data.break_glass !== null) {
    reviews.set(event.data.id, event.data.break_glass.review.within_ms);
  }
  const request = event.type === 'step.started' ? brokenBy(event.data) : null;
  if (request !== null && within && !debts.has(request)) {
    const mark = markOf(entry, `break-glass request ${request}`);
    debts.set(request, { mark, dueMs: Date.parse(entry.time) + (reviews.get(request) ?? 0) });
  }
  if (event.type === 'break_glass.reviewed') {
    const debt = debts.get(event.data.request);
    debts.delete(event.data.request);
    if (debt !== undefined && Date.parse(entry.time) >= debt.dueMs) {
      const what = `${debt.mark.what}: reviewed at ${entry.time}, due by ${formatTime(debt.dueMs)}`;
      marks.overdue.push({ ...debt.mark, what });
    }
  }
}

function brokenBy({ permit }: StepStarted): RequestId | null {
  return permit.kind === 'grant' && permit.break_glass !== undefined ? permit.request : null;
}

function overdue({ debts }: Books, nowMs: number): readonly Mark[] {
  return [...debts.values()]
    .filter(({ dueMs }) => dueMs <= nowMs)
    .map(({ mark, dueMs }) => ({
      ...mark,
      what: `${mark.what}: nobody reviewed it by ${formatTime(dueMs)}`,
    }));
}

function note(entry: Recorded, books: Books): void {
  const { event } = entry;
  const told = tell(event);
  if (told !== null) {
    books.marks[told.kind].push(markOf(entry, told.what));
  }
  if (event.type === 'step.started' && brokenBy(event.data) !== null) {
    books.marks.broke_glass.push(markOf(entry, `${event.data.step} under break-glass`));
  }
  if (event.type === 'run.started' && event.data.signed !== undefined) {
    books.marks.signed_start.push(markOf(entry, event.data.runbook.name));
  }
  if (event.type === 'approval.decided' && event.data.decision === 'approve') {
    books.approvals[event.data.assurance].push(markOf(entry, describeDecided(event.data)));
    books.approvers.add(event.data.person);
  }
}

function markOf({ seq, time, run }: Recorded, what: string): Mark {
  return { index: seq, time, run, what };
}
