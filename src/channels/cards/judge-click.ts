import type { People } from '../../approval/people/people.ts';
import type { Sha256 } from '../../base/ids.ts';
import type { Answer, Front, StandingRequest } from '../channel.ts';
import type { Deck } from './board.ts';
import { refuseClick } from './refuse-click.ts';

/** What somebody wants, as it came. Nothing in it is believed but the ids that the chat vouches for. */
export interface Wish<P> {
  readonly decision: 'approve' | 'reject';
  /** Leaf hash of the request that the card shows; null where the button named none. */
  readonly request: Sha256 | null;
  readonly reason: string | null;
  /** The message whose button was pressed. */
  readonly card: P;
  readonly event: string;
  readonly raw: Buffer;
}

/** Whose account acted, as `people.yaml` knows it, or why that counts for nothing. */
export type Who =
  | {
      readonly kind: 'person';
      readonly person: string;
      /** `slack:T0123ABCD/U0123ABCD` */
      readonly identity: string;
      /** `email:ana@example.com` where only the address is theirs. */
      readonly matchedBy: string | null;
    }
  | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly code: string;
  /** For the person, in words. */
  readonly message: string;
  readonly hint: string | null;
}

export function refused(code: string, message: string, hint: string | null): Refusal {
  return { kind: 'refused', code, message, hint };
}

/** The one way a click becomes a decision. `identify` asks the chat who it is, once the card is known to be ours. */
export async function judgeClick<P, M>(
  { deck, front }: { readonly deck: Deck<P, M>; readonly front: Front },
  wish: Wish<P>,
  identify: (people: People) => Promise<Who>,
): Promise<Answer> {
  const request = await standingFor(deck, front, wish);
  if ('refusal' in request) {
    return request.refusal;
  }
  const who = await identify(front.people());
  if (who.kind === 'refused') {
    return { ...who, accepted: false };
  }
  return front.attest({
    request: request.hash,
    decision: wish.decision,
    reason: wish.reason,
    identity: who.identity,
    matchedBy: who.matchedBy,
    event: wish.event,
    raw: wish.raw,
  });
}

/** The stored request that the card is of, or why the card counts for nothing. */
export async function standingFor<P, M>(
  deck: Deck<P, M>,
  front: Front,
  wish: Pick<Wish<P>, 'request' | 'decision' | 'card'>,
): Promise<StandingRequest | { readonly refusal: Answer }> {
  const id = wish.request === null ? null : await front.find(wish.request);
  if (id === null) {
    return { refusal: unknownRequest };
  }
  const request = await front.look(id);
  const refusal = await refuseClick(deck, front, { ...wish, request });
  return refusal === null ? request : { refusal };
}

export const unknownRequest: Answer = {
  accepted: false,
  code: 'request_unknown',
  message: 'this card is of no request that this journal has, so nothing was decided',
  hint: '`runbook requests` lists what waits',
};

/** What went wrong is for whoever keeps the server; the person hears that it did. */
export const unrecorded: Answer = {
  accepted: false,
  code: 'unrecorded',
  message: 'something went wrong here, and your decision may not have been recorded',
  hint: 'the card shows how the request stands',
};
