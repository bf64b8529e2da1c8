import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestState } from '../../approval/request-state.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Answer, Front, StandingRequest } from '../channel.ts';
import type { Deck } from './board.ts';
import { type CardNote, readCardNote } from './card-note.ts';
import { stateAt, takesDecisions } from './state-at.ts';

/** A decision, and the message whose button was pressed for it. */
export interface CardWish<P> {
  readonly request: StandingRequest;
  readonly decision: 'approve' | 'reject';
  readonly card: P;
}

/**
 * Why this decision cannot have come from a card of ours; null where it can. It must be the very message
 * that we posted for this request, and that message, as we would show it now, must have this button:
 * else somebody with the app's token posted a card of their own, or the value was made up, or the card
 * shows less than what would run. Nor does any button stand on a card whose approval holds, or is being
 * used. Of requests that are over, the journal says what became of them.
 */
export async function refuseClick<P, M>(
  deck: Deck<P, M>,
  front: Front,
  wish: CardWish<P>,
): Promise<Answer | null> {
  const { request, decision, card } = wish;
  const { wallMs: nowMs } = front.clock.now();
  const state = stateAt(request, nowMs);
  if (over.has(state)) {
    return null;
  }
  const note = await noteOf(deck, front, request.content.id);
  if (note === null || !deck.same(note, card)) {
    return refusal(wish, 'card_unknown', 'this is not the card that we keep for this request');
  }
  if (!takesDecisions(state)) {
    return alreadyApproved(request);
  }
  const { url, receives } = front;
  const { buttons, chat } = deck;
  const look = { nowMs, url, receives, buttons, replacedBy: null, short: note.short };
  const { offers, fits } = deck.show(request, look);
  if (offers.includes(decision)) {
    return null;
  }
  return decision === 'approve' && !fits
    ? refusal(wish, 'card_incomplete', `the whole command does not fit into a message of ${chat}`)
    : refusal(wish, 'not_offered', 'this request cannot be decided with a button');
}

/** The journal takes no decision any more on these. */
const over: ReadonlySet<RequestState> = new Set([
  'rejected',
  'expired',
  'lapsed',
  'cancelled',
  'superseded',
]);

/** A card is noted after it was posted: whoever presses at once may come before its note. */
async function noteOf<P, M>(
  { place }: Deck<P, M>,
  front: Front,
  request: RequestId,
): Promise<CardNote<P> | null> {
  for (let tries = 0; tries < 20; tries += 1) {
    const note = await readCardNote({ notes: front.notes, place }, request);
    if (note !== null) {
      return note;
    }
    await sleep(50);
  }
  return null;
}

function refusal(
  { request, decision }: Pick<CardWish<unknown>, 'request' | 'decision'>,
  code: string,
  why: string,
): Answer {
  const hint = `decide in your own session: \`runbook ${decision} ${request.content.id}\``;
  return { accepted: false, code, message: `${why}, so nothing was decided`, hint };
}

function alreadyApproved({ content }: StandingRequest): Answer {
  return {
    accepted: false,
    code: 'already_approved',
    message: 'this request is already approved, so nothing was decided',
    hint: `whoever approved it may withdraw that: \`runbook revoke ${content.id}\``,
  };
}
