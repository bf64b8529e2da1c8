import type { Permit } from '../../approval/permit.ts';
import type { RemoteDemand } from '../../policy/policy.ts';
import type { Event, StepStarted } from '../../run/events.ts';
import type { RemoteCopy } from '../../run/remote-copy.ts';
import type { Command } from '../../runbook/command.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import type { CommitInput } from '../../store/store.ts';
import { verdictAgeMs } from '../judge-promptly.ts';
import { reachCopies } from '../replicate/before-start.ts';
import type { Session } from '../session.ts';
import { copiesOf, coverAttempt } from './cover-attempt.ts';

/** A spawn that is recorded and may happen now, once. */
export interface Execution {
  readonly step: PlannedStep;
  readonly attempt: number;
  readonly command: Command;
  readonly permit: Permit;
  /** Who has its start elsewhere, where policy demanded that. */
  readonly copies?: readonly RemoteCopy[];
}

/** What became of a due attempt: it runs, or something was recorded and the loop decides again. */
export type Begun =
  | { readonly kind: 'run'; readonly execution: Execution }
  | { readonly kind: 'again' };

/**
 * Commits `step.started` and answers the permit that it makes. Durable before anything is spawned; and what
 * is privileged is told to the copies of the journal before and, where policy demands it, after. Throws
 * SinkConflict, JournalError `remote_missing` with nothing used up.
 */
export async function startWith(
  session: Session,
  of: {
    readonly due: { readonly step: PlannedStep; readonly attempt: number };
    readonly command: Command;
    readonly data: StepStarted;
    readonly events: readonly Event[];
    readonly guards?: CommitInput['guards'];
    /** Copies that must have a start under a grant. */
    readonly remote?: RemoteDemand | null;
  },
): Promise<Begun> {
  const { due, command, data, events, remote = null } = of;
  const granted = data.permit.kind === 'grant';
  if (granted) {
    const reached = await reachCopies(session.engine, { demand: remote, ...copiesOf(session) });
    if (!reached) {
      return { kind: 'again' };
    }
  }
  const scope = data.permit.kind === 'grant' ? data.permit.break_glass : undefined;
  const committed = await session.commit(`start.${data.step}.${data.attempt}`, events, {
    guards: {
      ...session.inForce.guards,
      ...(granted ? { steadyClock: true } : {}),
      ...(scope === undefined ? {} : { noDebt: scope }),
      ...of.guards,
      ...notTooLate(data, of.guards?.beforeMs),
    },
  });
  if (committed === null || committed.duplicate) {
    // A duplicate is the start of whoever else drives this run: the spawn is theirs, and there is only one.
    return { kind: 'again' };
  }
  const permit: Permit = {
    digest: data.digest,
    started: committed.first + events.length - 1,
    attemptToken: data.token,
    basis: basisOf(data),
  };
  const execution = { step: due.step, attempt: due.attempt, command, permit };
  return remote === null
    ? { kind: 'run', execution }
    : coverAttempt(session, execution, { remote, head: committed.head });
}

function basisOf({ permit }: StepStarted): Permit['basis'] {
  switch (permit.kind) {
    case 'grant':
      return { kind: 'grant', request: permit.request, use: permit.use };
    case 'check':
      return { kind: 'check', of: permit.of };
    case 'policy':
      return { kind: 'policy' };
  }
}

/** A verdict that has aged meanwhile is asked for again. */
function notTooLate(
  { permit }: StepStarted,
  beforeMs = Number.POSITIVE_INFINITY,
): CommitInput['guards'] {
  if (permit.kind === 'check') {
    return {};
  }
  return { beforeMs: Math.min(beforeMs, Date.parse(permit.evaluation.now) + verdictAgeMs) };
}
