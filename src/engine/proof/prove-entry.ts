import { type Checkpoint, openNote } from '../../journal/checkpoint.ts';
import { keyAt } from '../../journal/key-history.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import { verifyConsistency, verifyInclusion } from '../../journal/proof.ts';
import type { Recorded } from '../../run/events.ts';
import type { Store } from '../../store/store.ts';

/** What the newest signed head says. Throws IntegrityError `E_STH_SIG`. */
export async function openHead(store: Store): Promise<Checkpoint> {
  const head = await store.head();
  return openNote(head.note, [keyAt(await store.keys(), head.size)]).checkpoint;
}

/** Holds an entry, as it was read, against a signed head. Throws IntegrityError `E_PROOF`. */
export async function proveEntry(
  store: Store,
  { seq, hash }: Recorded,
  { size, root }: Checkpoint,
): Promise<void> {
  const proof = seq < size ? await store.inclusionProof(seq, size) : [];
  verifyInclusion({ seq, size, leafHash: Buffer.from(hash, 'hex'), proof, root });
}

/**
 * The root (base64) that the log had at an earlier size, proven to be what a signed head goes on from; null
 * where it never was of that size. Throws IntegrityError `E_PROOF`.
 */
export async function proveRoot(
  store: Store,
  from: number,
  { size, root }: Checkpoint,
): Promise<string | null> {
  if (from < 1 || from > size) {
    return null;
  }
  const fromRoot = rootOfPeaks(await store.peaks(from));
  const proof = await store.consistencyProof(from, size);
  verifyConsistency({ from, to: size, fromRoot, toRoot: root, proof });
  return fromRoot.toString('base64');
}
