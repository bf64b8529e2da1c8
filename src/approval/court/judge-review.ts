import type { RequestId, RunId, Sha256 } from '../../base/ids.ts';
import { explainFrom } from '../../policy/explain-slot.ts';
import type { BreakGlassTerms, ListAnswer } from '../../policy/policy.ts';
import type { ChainLink, Person } from '../people/people.ts';
import {
  parseReview,
  type Review,
  type ReviewFinding,
  reviewNamespace,
} from '../statement/review-statement.ts';
import { decisionId } from '../statement/statement.ts';
import { conflictOf, departedLink, eligibleFor } from '../tally/eligible.ts';
import { isReason, type Refused, refused, refuseSeenLog } from './court.ts';
import { evidenceIdentities } from './evidence-identity.ts';
import { judgeSigned, type SignedCourt } from './judge-signed.ts';

/** A signed review of what was done under break-glass, and everything it is judged by. */
export interface ReviewCase extends SignedCourt {
  readonly owed: OwedReview;
  /** What the lists in the rule's `from` say at this moment. */
  readonly lists: (name: string) => ListAnswer;
}

/** What was done, as its entries have it. */
export interface OwedReview {
  readonly run: RunId;
  readonly terms: BreakGlassTerms;
  readonly request: { readonly id: RequestId; readonly leafHash: Sha256 };
  /** The first start under the request: leaf hash and index. */
  readonly started: { readonly leafHash: Sha256; readonly index: number };
  /** Whoever approved the request: they acted, whether or not they stand in the run's chain. */
  readonly actors: readonly ChainLink[];
}

/** What an accepted review amounts to. */
export interface AcceptedReview {
  readonly kind: 'accepted';
  readonly id: Sha256;
  readonly finding: ReviewFinding;
  readonly person: string;
  readonly reason: string;
  readonly logSize: number;
}

/**
 * Whether a signed review pays what is owed: by one of those whom the rule names, who neither stands
 * behind the run nor acted themself, about exactly this request and start. Pure, and total: the engine
 * records by it, and the auditor replays it.
 */
export function judgeReview(input: ReviewCase): AcceptedReview | Refused {
  const signed = judgeSigned(input, reviewNamespace, parseReview);
  if (signed.kind === 'refused') {
    return signed;
  }
  const { text: review, person } = signed;
  const refusal =
    refuseActor(input, person) ??
    refuseOutsider(input, person) ??
    refuseOther(input.owed, review) ??
    refuseSeenLog(input, review.log, input.owed.started.index);
  return (
    refusal ?? {
      kind: 'accepted',
      id: decisionId(input.signed),
      finding: review.finding,
      person: person.name,
      reason: review.reason,
      logSize: review.log.size,
    }
  );
}

/** An approval of a request, as far as it says who acted. */
interface ActorDecision {
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly person: string;
  readonly statement: string;
  readonly signature: string | null;
  readonly attested?: { readonly identity: string };
}

/**
 * Whoever approved, by name and by what they decided with: a key that is given to another name later
 * still speaks for the one who acted.
 */
export function actorsOf(decisions: readonly ActorDecision[]): readonly ChainLink[] {
  return decisions
    .filter(({ decision }) => decision === 'approve')
    .flatMap((decision) => {
      const { person } = decision;
      const identities = [`person:${person}`, ...evidenceIdentities(decision)];
      return identities.map((identity) => ({ role: 'decider' as const, identity, person }));
    });
}

function refuseActor({ people, owed }: ReviewCase, person: Person): Refused | null {
  const actors = { kind: 'unknown' as const, chain: owed.actors };
  if (conflictOf(person, actors) !== null) {
    return refused(
      'own_review',
      `\`${person.name}\` acted under break-glass here, and cannot review it`,
      'somebody else reviews it',
    );
  }
  const departed = departedLink(people, actors);
  return departed === null
    ? null
    : refused(
        'actor_departed',
        `\`${departed.person}\` acted under break-glass here, and \`people.yaml\` no longer has them: nobody can tell who may review it`,
        'put them back into `people.yaml` under the name they had, without keys',
      );
}

/** Who may review is asked now, by the terms that the request was asked under. */
function refuseOutsider(input: ReviewCase, { name }: Person): Refused | null {
  const { from } = input.owed.terms.review;
  return reviewersOf(input).includes(name)
    ? null
    : refused(
        'not_a_reviewer',
        `\`${name}\` is none of those who review it: ${explainFrom(from)}`,
        `policy names them under \`break_glass\`, rule \`${input.owed.terms.rule}\``,
      );
}

/** Names of those who may review it now. */
export function reviewersOf({
  people,
  initiator,
  owed,
  lists,
}: Pick<ReviewCase, 'people' | 'initiator' | 'owed' | 'lists'>): readonly string[] {
  const { chain } = initiator;
  const everybody = { ...initiator, chain: [...chain, ...owed.actors] };
  const from = owed.terms.review.from.flatMap((entry) =>
    entry.startsWith('list:') ? lists(entry.slice('list:'.length)).people : [entry],
  );
  return eligibleFor({ from }, { people, initiator: everybody });
}

function refuseOther({ run, request, started }: OwedReview, review: Review): Refused | null {
  if (
    review.run !== run ||
    review.request !== request.leafHash ||
    review.started !== started.leafHash
  ) {
    return refused(
      'other_request',
      `signed for the request \`${review.request}\` and its start \`${review.started}\`, not for \`${request.leafHash}\` and \`${started.leafHash}\``,
    );
  }
  return isReason(review.reason)
    ? null
    : refused('reason_missing', 'a review says why', 'review again with `--reason TEXT`');
}
