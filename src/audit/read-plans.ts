import type { BlobId, Sha256 } from '../base/ids.ts';
import type { RunStarted } from '../run/events.ts';
import { decodePlan, planBytesDigest } from '../runbook/digest.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Blob } from './exhibit.ts';
import { bytesOf } from './read-blobs.ts';

/** Plans that are kept: the same few are run again and again. */
const mostPlans = 8;

/**
 * Reads the frozen plans of runs; null where one is gone or is not what its entry says. Each has a blob of
 * its own, and whoever runs one twice has the same bytes twice: those are hashed each time, and read once.
 */
export function openPlans(): (data: RunStarted, blobs: ReadonlyMap<BlobId, Blob>) => Plan | null {
  const known = new Map<Sha256, Plan>();
  return (data, blobs) => {
    const bytes = bytesOf(data.plan, blobs);
    if (bytes === null) {
      return null;
    }
    const digest = planBytesDigest(bytes);
    const plan = known.get(digest) ?? decodePlan(bytes);
    known.delete(digest);
    known.set(digest, plan);
    const [oldest] = known.keys();
    if (known.size > mostPlans && oldest !== undefined) {
      known.delete(oldest);
    }
    return digest === data.plan_digest ? plan : null;
  };
}
