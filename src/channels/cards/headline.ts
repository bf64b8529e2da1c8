import type { GivenDecision, RequestState } from '../../approval/request-state.ts';
import type { StandingRequest } from '../channel.ts';
import { brief, data, moment, type Piece, words } from './piece.ts';

/** How a request stands, for the first lines of its card. */
export interface Headline {
  /** Leads the header: `Approval needed`. */
  readonly title: string;
  readonly lines: readonly (readonly Piece[])[];
  /** Every decision, a line each. */
  readonly decisions: readonly (readonly Piece[])[];
}

export interface HeadlineInput {
  readonly standing: StandingRequest;
  readonly state: RequestState;
  /** Words of the request that took this one's place, where it is known. */
  readonly replacedBy: string | null;
}

/** What happened, in one line, then every decision. */
export function headlineOf(input: HeadlineInput): Headline {
  const { title, elements } = sayState(input);
  const decisions = input.standing.decisions.map(sayDecision);
  const left = decisions.length - shownDecisions;
  const shown = left > 0 ? [[words(`… and ${left} earlier`)], ...decisions.slice(left)] : decisions;
  const review = sayReview(input.standing);
  return { title, lines: [elements, ...(review === null ? [] : [review])], decisions: shown };
}

const shownDecisions = 6;

interface Saying {
  readonly title: string;
  readonly elements: readonly Piece[];
}

function sayState({ standing, state, replacedBy }: HeadlineInput): Saying {
  const { content } = standing;
  switch (state) {
    case 'pending':
      return { title: 'Approval needed', elements: sayMissing(standing) };
    case 'revoked':
      return { title: 'Approval revoked', elements: sayMissing(standing) };
    case 'approved':
      return { title: 'Approved', elements: [words('Approved; the step has not started yet.')] };
    case 'claimed':
      return sayClaimed(standing.outcome);
    case 'rejected':
      return { title: 'Rejected', elements: sayRejected(standing.decisions) };
    case 'expired':
      return {
        title: 'Expired',
        elements: [words('Nobody decided in time. To ask anew: '), resume(content.run)],
      };
    case 'lapsed':
      return {
        title: 'Approval lapsed',
        elements: [words('Approved, but not used in time. To ask anew: '), resume(content.run)],
      };
    case 'cancelled':
      return { title: 'Cancelled', elements: [words('The run ended; nothing is to be decided.')] };
    case 'superseded':
      return { title: 'Superseded', elements: saySuperseded(replacedBy) };
  }
}

/** What was done under break-glass is not over before somebody looked at it. */
function sayReview({ review: standing, content }: StandingRequest): readonly Piece[] | null {
  if (standing === null) {
    return null;
  }
  const { due, review } = standing;
  return review === null
    ? [
        words('A review is owed by '),
        moment(due),
        words(': '),
        data(`runbook break-glass review ${content.id}`),
      ]
    : [
        words('Reviewed by '),
        data(brief(review.person, 60)),
        words(`: ${review.finding}: `),
        data(brief(review.reason, 150)),
      ];
}

function resume(run: string): Piece {
  return data(`runbook resume ${run}`);
}

function sayMissing({ missing, content }: StandingRequest): readonly Piece[] {
  const open = missing.map(({ slot, count, from }) => {
    const people = from.includes('*') ? 'anybody who may approve' : from.join(', ');
    return `${count} for ${slot}, from ${people}`;
  });
  return [
    words(`Missing: ${brief(open.join('; '), 400)}. Decide by `),
    moment(content.limits.pending_until),
    words('.'),
  ];
}

/** What became of the step; a retry's next attempt shows as its own. */
function sayClaimed(outcome: string | null): Saying {
  const [kind = '', ...reason] = (outcome ?? 'running').split(': ');
  const why: Piece[] =
    reason.length === 0 ? [] : [words(': '), data(brief(reason.join(': '), 150))];
  switch (kind) {
    case 'running':
      return { title: 'Running', elements: [words('Approved; the step is running.')] };
    case 'succeeded':
      return { title: 'Succeeded', elements: [words('Approved; the step succeeded.')] };
    case 'failed':
      return { title: 'Failed', elements: [words('Approved; the step failed'), ...why] };
    default:
      return {
        title: 'Approved',
        elements: [words('Approved; the step: '), data(brief(kind, 150)), ...why],
      };
  }
}

function sayRejected(decisions: readonly GivenDecision[]): readonly Piece[] {
  const rejection = decisions.findLast(({ decision }) => decision === 'reject');
  return rejection === undefined
    ? [words('Rejected.')]
    : [words('Rejected by '), namePerson(rejection), ...sayReason(rejection)];
}

function saySuperseded(replacedBy: string | null): readonly Piece[] {
  const before = words('What would run is no longer what this asks for. ');
  return replacedBy === null
    ? [before, words('A new request takes its place.')]
    : [before, words('The new request: '), data(brief(replacedBy, 100))];
}

const verbs = {
  approve: 'approved',
  reject: 'rejected',
  revoke: 'revoked their approval',
} as const;

/** A receiver's word is never called a signature. */
const evidence: Readonly<Record<string, string>> = {
  A0: 'attested on the host that runs it, A0',
  A1: 'attested, A1',
  A2: 'logged in anew, A2',
  A3: 'signed, A3',
};

function sayDecision(decision: GivenDecision): readonly Piece[] {
  const level = evidence[decision.assurance] ?? decision.assurance;
  return [
    namePerson(decision),
    words(` ${verbs[decision.decision]} (${level}), `),
    moment(decision.time),
    ...sayReason(decision),
  ];
}

function sayReason({ reason }: GivenDecision): readonly Piece[] {
  return reason === null || reason === '' ? [] : [words(': '), data(brief(reason, 150))];
}

function namePerson({ person, identity }: GivenDecision): Piece {
  return { kind: 'person', name: brief(person, 60), identity };
}
