import type { RequestContent } from '../approval/request.ts';
import type { BlobId, RequestId, RunId } from '../base/ids.ts';
import { dealtWith } from '../run/dealings.ts';
import type { Recorded } from '../run/events.ts';
import type { Loan } from '../run/loan.ts';
import type { RunState } from '../run/state.ts';
import type { Replay } from './docket.ts';

/** What has become of a request that was asked to hold for later runs. */
export interface Dealings {
  /** Starts under it so far, in whichever run. */
  readonly uses: number;
  readonly revoked: boolean;
  /** What was approved, or what the run that asked was started with, where that is gone. */
  readonly wants: BlobId | null;
}

/**
 * Approvals that hold for later runs, beyond the end of the run that asked: in memory only for as long as
 * a start under one could still be right.
 */
export interface Loans {
  /** Takes the next entry, with its run after it; null for one without a run. */
  follow(entry: Recorded, after: Replay | null): void;
  /** Null for a request that was not asked to hold for others, or whose time is long over. */
  dealings(request: RequestId): Dealings | null;
  /** As it stands now; `stateOf` answers the runs that have not ended. */
  find(request: RequestId, stateOf: (run: RunId) => RunState | null): Loan | null;
}

interface Known {
  readonly run: RunId;
  /** Null where either is gone: then no start in another run can be held against it. */
  readonly approved: Pick<Loan, 'template' | 'params'> | null;
  readonly wants: BlobId | null;
  /** The run's state when it ended. */
  ended: RunState | null;
  uses: number;
  revoked: boolean;
  /** From then on nothing can stand under it. */
  readonly overMs: number;
}

export function openLoans(): Loans {
  const known = new Map<RequestId, Known>();
  return {
    follow: (entry, after) => {
      forget(known, Date.parse(entry.time));
      note(known, entry, after);
    },
    dealings: (request) => known.get(request) ?? null,
    find: (id, stateOf) => {
      const loan = known.get(id);
      const lender = loan === undefined ? null : (loan.ended ?? stateOf(loan.run));
      const request = lender?.requests.get(id);
      const approved = loan?.approved ?? null;
      return loan === undefined || approved === null || lender === null || request === undefined
        ? null
        : { ...approved, uses: loan.uses, revoked: loan.revoked, lender, request };
    },
  };
}

function note(known: Map<RequestId, Known>, { event, run }: Recorded, after: Replay | null): void {
  const loan = event.type === 'approval.requested' ? asked(event.data, after) : null;
  if (event.type === 'approval.requested' && loan !== null) {
    known.set(event.data.id, loan);
  }
  if (event.type === 'run.finished') {
    for (const each of [...known.values()].filter((other) => other.run === run)) {
      each.ended = after?.state ?? null;
    }
  }
  const request = dealtWith(event);
  const dealt = request === null ? undefined : known.get(request);
  if (dealt !== undefined) {
    dealt.uses += event.type === 'step.started' ? 1 : 0;
    dealt.revoked ||= event.type === 'grant.revoked';
  }
}

/** Null where it was not asked to hold for others. */
function asked(
  { run, commands, grant, limits }: RequestContent,
  after: Replay | null,
): Known | null {
  const [first] = commands;
  if (grant.reuse === undefined || first === undefined || after === null) {
    return null;
  }
  const template = after.templates.get(first.digest);
  const params = after.plan?.params;
  const isWhole = template !== undefined && params !== undefined;
  const missing = template === undefined ? first.command : after.state.started.plan;
  const overMs = Date.parse(limits.pending_until) + grant.reuse.for_ms;
  const approved = isWhole ? { template, params } : null;
  const wants = isWhole ? null : missing;
  return { run, approved, wants, overMs, ended: null, uses: 0, revoked: false };
}

/** An approval is recorded before `pending_until`, so that no window reaches beyond this. */
function forget(known: Map<RequestId, Known>, nowMs: number): void {
  for (const [id, { overMs }] of known) {
    if (overMs < nowMs) {
      known.delete(id);
    }
  }
}
