import type { RequestContent } from '../../approval/request.ts';
import { digestWords } from '../../base/digest.ts';
import type { RunId } from '../../base/ids.ts';
import { type EnrolmentEvent, isEnrolmentEvent } from '../../run/enrolment-events.ts';
import type {
  Decided,
  Event,
  EventType,
  Recorded,
  RunStarted,
  StepStarted,
} from '../../run/events.ts';
import { isTrailEvent, type TrailEvent } from '../../run/trail-events.ts';
import type { Connection } from './connection.ts';
import { insertDebt, payDebt, startDebt } from './debts.ts';
import { insertErased } from './pruned.ts';
import { insertReusable, insertReuse, revokeReusable } from './reusable.ts';
import { insertToken, revokeToken } from './tokens.ts';

/**
 * Writes every index row that one entry causes; called in the order of entries. Commit and rebuild both
 * come here and nothing else writes these tables, so the two cannot disagree.
 */
export function indexEntry(db: Connection, entry: Recorded, cmd: string): void {
  insertEvent(db, entry, cmd);
  indexEvent(db, entry);
  const status = statusAfter(entry.event);
  if (status !== null && entry.run !== null) {
    setRunStatus(db, entry.run, status);
  }
}

function indexEvent(db: Connection, entry: Recorded): void {
  const { event } = entry;
  if (isTrailEvent(event)) {
    return indexTrail(db, entry.seq, event);
  }
  if (!isEnrolmentEvent(event)) {
    indexOther(db, entry, event);
  }
}

/** Enrolments are read where they lie: they are few, and every reader proves them. */
function indexOther(
  db: Connection,
  entry: Recorded,
  event: Exclude<Event, TrailEvent | EnrolmentEvent>,
): void {
  switch (event.type) {
    case 'run.started':
      insertRun(db, entry, event.data);
      return;
    case 'run.finished':
      closeRequestsOf(db, entry.run);
      return;
    case 'step.started':
      indexStart(db, entry, event.data);
      return;
    case 'step.resolved':
      noteSeen(db, event.data.link?.person ?? null, event.data.statement);
      return;
    case 'approval.requested':
    case 'approval.decided':
    case 'approval.expired':
    case 'approval.superseded':
      indexApproval(db, entry, event);
      return;
    case 'grant.revoked':
      revokeReusable(db, event.data.request, entry.time);
      return;
    case 'break_glass.reviewed':
      payDebt(db, event.data.request, entry.time);
      return;
    case 'token.issued':
      insertToken(db, entry, event.data);
      return;
    case 'token.revoked':
      revokeToken(db, event.data.token, entry.time);
      return;
    case 'log.genesis':
    case 'config.set':
    case 'run.resumed':
    case 'run.cancel_requested':
    case 'step.skipped':
    case 'step.denied':
    case 'step.finished':
    case 'step.unknown':
    case 'step.late':
    case 'approval.reminded':
    case 'manual.asked':
    case 'manual.done':
  }
}

function indexTrail(db: Connection, seq: number, event: TrailEvent): void {
  if (event.type === 'content.erased') {
    for (const id of [...event.data.blobs, ...event.data.openings]) {
      insertErased(db, id, seq);
    }
  }
}

type ApprovalEvent = Exclude<
  Extract<Event, { type: `approval.${string}` }>,
  { type: 'approval.reminded' }
>;

function indexApproval(db: Connection, entry: Recorded, event: ApprovalEvent): void {
  switch (event.type) {
    case 'approval.requested':
      insertRequest(db, entry, event.data);
      insertReusable(db, entry, event.data);
      insertDebt(db, entry, event.data);
      return;
    case 'approval.decided':
      indexDecision(db, entry, event.data);
      return;
    case 'approval.expired':
    case 'approval.superseded':
      closeRequest(db, event.data.request);
  }
}

function indexStart(db: Connection, entry: Recorded, data: StepStarted): void {
  insertStart(db, entry, data);
  if (data.permit.kind === 'grant') {
    closeRequest(db, data.permit.request);
  }
  insertReuse(db, entry, data);
  startDebt(db, entry, data);
}

function indexDecision(db: Connection, entry: Recorded, data: Decided): void {
  insertDecision(db, entry, data);
  noteSeen(db, data.person, data.statement);
  if (data.decision === 'reject') {
    closeRequest(db, data.request);
  }
}

/** A run's status in lists; the fold of its entries (`run/state.ts`) is what decides. */
function statusAfter(event: Event): string | null {
  return event.type === 'run.finished' ? event.data.status : (statuses[event.type] ?? null);
}

// An approval does not end the waiting: the run goes on when somebody drives it.
const statuses: Partial<Record<EventType, string>> = {
  'run.resumed': 'running',
  'step.started': 'running',
  'step.unknown': 'unknown',
  'step.resolved': 'running',
  'approval.requested': 'waiting',
  'approval.expired': 'expired',
};

function insertEvent(db: Connection, entry: Recorded, cmd: string): void {
  const insert = db.prepare('insert into events (seq, run, cmd, type) values (?, ?, ?, ?)');
  insert.run(entry.seq, entry.run, cmd, entry.event.type);
}

function insertRun(db: Connection, { seq, run, time }: Recorded, data: RunStarted): void {
  const { runbook, environment, initiator, via = 'cli' } = data;
  const caller = initiator.chain.find((link) => link.role === 'caller')?.identity ?? 'unknown';
  const insert = db.prepare(
    `insert into runs (run, runbook, environment, started, caller, via, status, first)
     values (?, ?, ?, ?, ?, ?, 'running', ?)`,
  );
  insert.run(run, runbook.name, environment, time, caller, via, seq);
}

function setRunStatus(db: Connection, run: RunId, status: string): void {
  db.prepare('update runs set status = ? where run = ?').run(status, run);
}

function insertRequest(db: Connection, { seq, hash }: Recorded, data: RequestContent): void {
  const { id, run, runbook, step, target, limits } = data;
  const insert = db.prepare(
    `insert into requests
       (request, run, runbook, step, environment, words, hash, seq, created, pending_until, open)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
  );
  const reviewed = [id, run, runbook.name, step, target.environment, digestWords(hash)];
  insert.run(...reviewed, hash, seq, limits.created, limits.pending_until);
}

function closeRequest(db: Connection, request: string): void {
  db.prepare('update requests set open = 0 where request = ?').run(request);
}

function closeRequestsOf(db: Connection, run: RunId | null): void {
  db.prepare('update requests set open = 0 where run = ?').run(run);
}

function insertDecision(db: Connection, { seq }: Recorded, data: Decided): void {
  const insert = db.prepare('insert into decisions (id, request, seq) values (?, ?, ?)');
  insert.run(data.id, data.request, seq);
}

/** The head a person's client pinned when it signed: the next thing they read must prove that it grew out of it. */
function noteSeen(db: Connection, person: string | null, statement: string | null): void {
  const size = statement === null ? null : seenSize(statement);
  if (person !== null && size !== null) {
    db.prepare('insert or replace into seen (person, size) values (?, ?)').run(person, size);
  }
}

/** Null for what no client of ours signed: it was judged elsewhere, and is only no help here. */
function seenSize(statement: string): number | null {
  try {
    const { log } = JSON.parse(statement) as { readonly log?: { readonly size?: unknown } };
    return typeof log?.size === 'number' ? log.size : null;
  } catch {
    return null;
  }
}

function insertStart(db: Connection, { seq, run }: Recorded, data: StepStarted): void {
  const insert = db.prepare(
    'insert into starts (run, step, attempt, seq, granted) values (?, ?, ?, ?, ?)',
  );
  insert.run(run, data.step, data.attempt, seq, data.permit.kind === 'grant' ? 1 : 0);
}
