import { sha256 } from '../../base/digest.ts';
import type { Front, Notes } from '../channel.ts';
import type { Endpoint } from './settings.ts';

/** How far an endpoint has been told, as noted under `cursor.NAME`. */
export interface Cursor {
  /** Sequence number of the next entry. */
  readonly next: number;
  /** Leaf hash of the one before it: a journal that was put back has another there, or none. */
  readonly after: string;
}

export type Beginning =
  | { readonly kind: 'cursor'; readonly cursor: Cursor }
  /** What was delivered is no longer in the journal. */
  | { readonly kind: 'rolled_back' }
  | { readonly kind: 'gone' };

/** Where to go on. An endpoint that was never served begins with whatever comes next. */
export async function begin(
  endpoint: Endpoint,
  front: Front,
  signal: AbortSignal,
): Promise<Beginning> {
  if ((await front.notes.get(`gone.${endpoint.name}`)) === fingerprint(endpoint)) {
    return { kind: 'gone' };
  }
  const note = await front.notes.get(`cursor.${endpoint.name}`);
  if (note !== null) {
    const cursor = readCursor(note);
    return cursor !== null && (await hashBefore(cursor.next, front, cursor.after)) === cursor.after
      ? { kind: 'cursor', cursor }
      : { kind: 'rolled_back' };
  }
  const next = await front.grown(0, signal);
  const cursor = { next, after: (await hashBefore(next, front)) ?? '' };
  await keepCursor(endpoint, front.notes, cursor);
  return { kind: 'cursor', cursor };
}

/** After the delivery, never before: a crash between the two delivers again, under the same id. */
export async function keepCursor(endpoint: Endpoint, notes: Notes, cursor: Cursor): Promise<void> {
  await notes.put(`cursor.${endpoint.name}`, JSON.stringify(cursor));
}

/** Notes that the receiver wants no more, as it is set up now. */
export async function keepGone(endpoint: Endpoint, notes: Notes): Promise<void> {
  await notes.put(`gone.${endpoint.name}`, fingerprint(endpoint));
}

/** What was pruned since cannot be held against anything: it is `known`. */
async function hashBefore(next: number, front: Front, known?: string): Promise<string | undefined> {
  const [last] = next > 0 ? await front.entries(next - 1, 1) : [];
  return last === undefined || last.seq === next - 1 ? last?.hash : known;
}

function fingerprint(endpoint: Endpoint): string {
  return sha256(JSON.stringify(endpoint));
}

function readCursor(note: string): Cursor | null {
  const [, next, after] = /^\{"next":(\d+),"after":"(\w*)"\}$/.exec(note) ?? [];
  return next === undefined || after === undefined ? null : { next: Number(next), after };
}
