import type { BlobId } from '../../base/ids.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import type { LogPiece } from '../reports.ts';
import { loadRun } from '../session.ts';

/** Stored, masked output of a run's steps, attempt by attempt. Of what was erased it says when and why. */
export async function readLogs(
  engine: Engine,
  name: string | null,
  step: string | null,
): Promise<readonly LogPiece[]> {
  const { entries } = await loadRun(engine, await findRun(engine, name));
  const finished = entries.flatMap(({ event }) =>
    (event.type === 'step.finished' || event.type === 'step.late') &&
    (step === null || event.data.step === step)
      ? [event.data]
      : [],
  );
  const pieces = finished.flatMap((data) =>
    (['stdout', 'stderr'] as const).flatMap((stream) => {
      const blob: BlobId | null = data[stream];
      return blob === null ? [] : [{ step: data.step, attempt: data.attempt, stream, blob }];
    }),
  );
  const read = await Promise.all(
    pieces.map(({ blob, ...piece }) => readPiece(engine, blob, piece)),
  );
  return read.flatMap((piece) => piece ?? []);
}

/** Null where it is gone, and nobody says why: `audit verify` does. */
async function readPiece(
  { store }: Engine,
  blob: BlobId,
  piece: Omit<LogPiece, 'bytes' | 'erased'>,
): Promise<LogPiece | null> {
  if ((await store.checkBlob(blob)) === 'ok') {
    return { ...piece, bytes: (await store.getBlob(blob)).bytes };
  }
  const by = await store.erasedBy(blob);
  return by === null
    ? null
    : { ...piece, bytes: Buffer.alloc(0), erased: await describeErased(store, by) };
}

async function describeErased(store: Store, by: number): Promise<string> {
  const [stored] = await store.entries(by, by + 1);
  const entry = stored === undefined ? null : recordedOf(stored);
  return entry?.event.type === 'content.erased'
    ? `erased on ${entry.time} (entry ${by}): ${entry.event.data.reason}`
    : `erased, as entry ${by} says`;
}
