import { UsageError } from '../../base/errors.ts';
import type { BlobId, RunId } from '../../base/ids.ts';
import { blobsOf } from '../../run/named-blobs.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { walkLog } from '../walk-log.ts';

/**
 * The runs that name these blobs; reads the log, for no index knows. Throws UsageError `blob_unknown` where
 * no entry names one, `still_needed` where it is a trusted file that was in force.
 */
export async function findBlobs(
  { store }: Engine,
  ids: readonly string[],
): Promise<{
  readonly runs: readonly RunId[];
  readonly blobs: readonly BlobId[];
  readonly openings: readonly [];
}> {
  const missing = new Set(ids);
  const blobs = new Set<BlobId>();
  const runs = new Set<RunId>();
  // To the end: a blob can be named by several runs, and none of them may need it.
  for await (const { entries } of walkLog(store)) {
    for (const stored of entries) {
      const { event, run, seq } = recordedOf(stored);
      for (const { id } of blobsOf(event).filter((named) => ids.includes(named.id))) {
        missing.delete(id);
        blobs.add(id);
        runs.add(run ?? inForce(id, seq));
      }
    }
  }
  const [unknown] = missing;
  if (unknown !== undefined) {
    throw new UsageError({
      code: 'blob_unknown',
      message: `no entry names a blob \`${unknown}\``,
      hint: '`runbook audit show INDEX` prints an entry with the blobs it names, in full',
    });
  }
  return { runs: [...runs], blobs: [...blobs], openings: [] };
}

function inForce(id: BlobId, seq: number): never {
  throw new UsageError({
    code: 'still_needed',
    message: `blob \`${id.slice(0, 12)}…\` is a trusted file that entry ${seq} put in force`,
    hint: 'everything that ran under it is judged by it: it can never be erased',
  });
}
