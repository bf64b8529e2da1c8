import type * as v from 'valibot';
import type { StandingRequest } from '../channel.ts';
import type { Piece } from './piece.ts';

/** On which cards Approve and Reject stand. Opt-in: a link alone is the default. */
export type Buttons = 'off' | 'unprotected' | 'everywhere';

/** What a card depends on beside its request. */
export interface Look {
  readonly nowMs: number;
  /** Where people read a request whole; null where nothing serves it. */
  readonly url: string | null;
  /** A click reaches somebody. */
  readonly receives: boolean;
  readonly buttons: Buttons;
  /** Words of the request that took this one's place; null where there is none, or it is not known. */
  readonly replacedBy: string | null;
  /** The chat refused the whole card as too long: its count is its own. */
  readonly short: boolean;
}

/** A card as a chat shows it. */
export interface Shown<Message> {
  readonly message: Message;
  /** The whole card is shown. Without that there is no Approve. */
  readonly fits: boolean;
  /** Which decisions it has buttons for. */
  readonly offers: readonly ('approve' | 'reject')[];
}

/** The cards of a chat: what they show and how they are found again. Pure. */
export interface Deck<Place, Message> {
  /** What people call the chat: `Slack`. */
  readonly chat: string;
  readonly buttons: Buttons;
  /** What finds a card again, as it is noted. */
  readonly place: v.GenericSchema<unknown, Place>;
  same(one: Place, other: Place): boolean;
  /** What the card shows, within the chat's limits whatever the request holds. */
  show(standing: StandingRequest, look: Look): Shown<Message>;
}

/**
 * A chat as a place for cards: it posts, rewrites and answers, and remembers nothing. Throws ChatError
 * where the chat would not, and nothing else.
 */
export interface Board<Place, Message> extends Deck<Place, Message> {
  /** Posts a card where those of this environment go. */
  post(environment: string, message: Message): Promise<Place>;
  update(place: Place, message: Message): Promise<void>;
  /** Answers in the card's thread. */
  reply(place: Place, pieces: readonly Piece[]): Promise<void>;
  /** Codes that say: the card was deleted, or is ours no more. */
  readonly gone: ReadonlySet<string>;
  /** Codes that say: the chat counts in a way of its own, and finds the message too long. */
  readonly tooLong: ReadonlySet<string>;
}
