import type { BlobId } from '../../base/ids.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import type { LogPiece } from '../reports.ts';
import { loadRun } from '../session.ts';

/** Stored, masked output of a run's steps, attempt by attempt. An erased blob is left out. */
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
  const read = pieces.map(async ({ blob, ...piece }) =>
    (await engine.store.checkBlob(blob)) === 'ok'
      ? [{ ...piece, bytes: (await engine.store.getBlob(blob)).bytes }]
      : [],
  );
  return (await Promise.all(read)).flat();
}
