import * as v from 'valibot';
import type { RequestId } from '../../base/ids.ts';
import type { Notes } from '../channel.ts';

/**
 * What we remember of a card in a chat, beside the journal: its place, as the chat names it, and this.
 * Lost, it costs a second card and nothing else: what a card shows comes from the journal.
 */
export type CardNote<Place> = Place & Past;

interface Past {
  /** Digest of the message that it shows. */
  readonly shown: string;
  /** The chat found the whole card too long. */
  readonly short: boolean;
  /** Entries up to this one have been told in its thread. */
  readonly thread_seq: number;
  /** The outcome that the requester was told of. */
  readonly told: string | null;
}

const past = v.object({
  shown: v.string(),
  short: v.boolean(),
  thread_seq: v.number(),
  told: v.nullable(v.string()),
});

/** What is noted under a reception's name, with places as its chat names them. */
export interface CardNotes<Place> {
  readonly notes: Notes;
  readonly place: v.GenericSchema<unknown, Place>;
}

const prefix = 'card/';

/** Null where there is none, or none that can be read. */
export async function readCardNote<Place>(
  { notes, place }: CardNotes<Place>,
  request: RequestId,
): Promise<CardNote<Place> | null> {
  return parse(place, await notes.get(prefix + request));
}

/** Null forgets the card: nothing will change on it any more. */
export async function writeCardNote<Place>(
  notes: Notes,
  request: RequestId,
  note: CardNote<Place> | null,
): Promise<void> {
  await notes.put(prefix + request, note === null ? null : JSON.stringify(note));
}

/** Every card that is not done with. */
export async function listCardNotes<Place>({
  notes,
  place,
}: CardNotes<Place>): Promise<
  readonly { readonly request: RequestId; readonly note: CardNote<Place> }[]
> {
  return (await notes.list()).flatMap(({ key, value }) => {
    const note = key.startsWith(prefix) ? parse(place, value) : null;
    // The key was made of a request's id.
    return note === null ? [] : [{ request: key.slice(prefix.length) as RequestId, note }];
  });
}

function parse<Place>(
  place: v.GenericSchema<unknown, Place>,
  text: string | null,
): CardNote<Place> | null {
  try {
    const value: unknown = text === null ? null : JSON.parse(text);
    const [at, since] = [v.safeParse(place, value), v.safeParse(past, value)];
    return at.success && since.success ? { ...at.output, ...since.output } : null;
  } catch {
    return null;
  }
}
