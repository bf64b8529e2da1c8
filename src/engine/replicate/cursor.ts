import * as v from 'valibot';
import { emptyRoot } from '../../journal/merkle.ts';
import { type Sink, SinkConflict } from '../../sinks/sink.ts';
import type { Store } from '../../store/store.ts';

/** How far one sink has acknowledged the log, and what is wrong with it. Kept beside the log: no truth. */
export interface Cursor {
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** RFC 3339: when it last said so; null where it never has. */
  readonly at: string | null;
  /** Since when it has acknowledged nothing, and what it said last; null where all is well. */
  readonly failing: { readonly since: string; readonly why: string } | null;
  /** A head of its own that is not ours. Stands until it says something better: silence takes nothing back. */
  readonly conflict: {
    readonly code: 'E_ROLLBACK' | 'E_FORK';
    readonly message: string;
    readonly size: number;
    readonly root: string;
    readonly note: string | null;
  } | null;
}

/** Nothing was ever acknowledged. */
export const start: Cursor = {
  size: 0,
  root: emptyRoot().toString('base64'),
  at: null,
  failing: null,
  conflict: null,
};

const area = 'sinks';
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const written: v.GenericSchema<Cursor> = v.strictObject({
  size,
  root: v.string(),
  at: v.nullable(v.string()),
  failing: v.nullable(v.strictObject({ since: v.string(), why: v.string() })),
  conflict: v.nullable(
    v.strictObject({
      code: v.picklist(['E_ROLLBACK', 'E_FORK']),
      message: v.string(),
      size,
      root: v.string(),
      note: v.nullable(v.string()),
    }),
  ),
});

/** Null where there is none; one that cannot be read counts as lost. */
export async function getCursor(store: Store, sink: string): Promise<Cursor | null> {
  const note = await store.getNote(area, sink);
  try {
    const read = v.safeParse(written, note === null ? null : JSON.parse(note));
    return read.success ? read.output : null;
  } catch {
    return null;
  }
}

export async function putCursor(store: Store, sink: string, cursor: Cursor): Promise<void> {
  await store.putNote(area, sink, JSON.stringify(cursor));
}

/** The conflict that a sink spoke of last, as an error; null where there is none. */
export function conflictOf(
  { name }: Pick<Sink, 'name'>,
  { conflict }: Cursor,
): SinkConflict | null {
  if (conflict === null) {
    return null;
  }
  const { code, message, size, root, note } = conflict;
  const theirs = { size, root: Buffer.from(root, 'base64'), note };
  return new SinkConflict(code, { sink: name, message, theirs });
}
