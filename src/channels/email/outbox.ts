import * as v from 'valibot';
import { sha256 } from '../../base/digest.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Notes } from '../channel.ts';
import { nameOf, type Occasion, occasionSchema } from './mail.ts';

/** A mail that is to be sent. It is composed when it is: what a mail says is true when it goes out. */
export interface Due {
  readonly request: RequestId;
  readonly occasion: Occasion;
  readonly to: string;
  /** The entry that called for it: mails go out in this order. */
  readonly seq: number;
  /** Wall clock. */
  readonly sinceMs: number;
}

/** What everybody who hears of a request has heard. */
export interface Thread {
  /** Addresses that were asked. */
  readonly asked: readonly string[];
  /** The outcome that was told last; null before. */
  readonly told: string | null;
}

const dueSchema = v.object({
  request: v.pipe(
    v.string(),
    v.transform((id) => id as RequestId),
  ),
  occasion: occasionSchema,
  to: v.string(),
  seq: v.number(),
  sinceMs: v.number(),
});

const threadSchema = v.object({ asked: v.array(v.string()), told: v.nullable(v.string()) });

/** Durable before it resolves. The same mail is one note, however often it is put. */
export async function putDue(notes: Notes, due: Due): Promise<void> {
  await notes.put(keyOf(due), JSON.stringify(due));
}

/** It was sent, or is never to be. */
export async function dropDue(notes: Notes, due: Due): Promise<void> {
  await notes.put(keyOf(due), null);
}

/** In the order in which they are to go. */
export async function listDue(notes: Notes): Promise<readonly Due[]> {
  const all = (await notes.list()).flatMap(({ key, value }) =>
    key.startsWith('due/') ? (parse(dueSchema, value) ?? []) : [],
  );
  return all.sort((a, b) => a.seq - b.seq);
}

export async function readThread(notes: Notes, request: RequestId): Promise<Thread | null> {
  return parse(threadSchema, await notes.get(`thread/${request}`));
}

/** Null forgets it: nothing more is to be told. */
export async function writeThread(
  notes: Notes,
  request: RequestId,
  thread: Thread | null,
): Promise<void> {
  await notes.put(`thread/${request}`, thread === null ? null : JSON.stringify(thread));
}

/** Sequence number of the next entry to look at; null where this has never been served. */
export async function readCursor(notes: Notes): Promise<number | null> {
  return parse(v.pipe(v.number(), v.integer()), await notes.get('cursor'));
}

export async function writeCursor(notes: Notes, next: number): Promise<void> {
  await notes.put('cursor', JSON.stringify(next));
}

function keyOf({ request, occasion, to }: Due): string {
  return `due/${request}/${nameOf(occasion)}/${sha256(to).slice(0, 16)}`;
}

/** Null where there is none, or none that can be read. */
function parse<T>(schema: v.GenericSchema<unknown, T>, text: string | null): T | null {
  try {
    const result = v.safeParse(schema, text === null ? null : JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}
