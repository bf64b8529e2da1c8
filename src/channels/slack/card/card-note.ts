import * as v from 'valibot';
import type { RequestId } from '../../../base/ids.ts';
import type { Notes } from '../../channel.ts';

/**
 * What we remember of a card in Slack, beside the journal. Lost, it costs a second card and nothing else:
 * what a card shows comes from the journal.
 */
export interface CardNote {
  readonly channel: string;
  readonly ts: string;
  /** Digest of the message that it shows. */
  readonly shown: string;
  /** Slack found the whole card too long. */
  readonly short: boolean;
  /** Entries up to this one have been told in its thread. */
  readonly thread_seq: number;
  /** The outcome that the requester was told of. */
  readonly told: string | null;
}

const schema = v.object({
  channel: v.string(),
  ts: v.string(),
  shown: v.string(),
  short: v.boolean(),
  thread_seq: v.number(),
  told: v.nullable(v.string()),
});

const prefix = 'card/';

/** Null where there is none, or none that can be read. */
export async function readCardNote(notes: Notes, request: RequestId): Promise<CardNote | null> {
  return parse(await notes.get(prefix + request));
}

/** Null forgets the card: nothing will change on it any more. */
export async function writeCardNote(
  notes: Notes,
  request: RequestId,
  note: CardNote | null,
): Promise<void> {
  await notes.put(prefix + request, note === null ? null : JSON.stringify(note));
}

/** Every card that is not done with. */
export async function listCardNotes(
  notes: Notes,
): Promise<readonly { readonly request: RequestId; readonly note: CardNote }[]> {
  return (await notes.list()).flatMap(({ key, value }) => {
    const note = key.startsWith(prefix) ? parse(value) : null;
    // The key was made of a request's id.
    return note === null ? [] : [{ request: key.slice(prefix.length) as RequestId, note }];
  });
}

function parse(text: string | null): CardNote | null {
  try {
    const result = v.safeParse(schema, text === null ? null : JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
