import type { KeyProof } from '../../approval/request-file.ts';
import { parseKeyStatement } from '../../approval/statement/key-statement.ts';
import type { KeyHistory } from '../../journal/key-history.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store, StoredEntry } from '../../store/store.ts';

/**
 * How the log came to the key that signs its head of `size`: genesis and every entry that changed its keys,
 * with proofs. Whoever knows an older key believes the new one by these alone.
 */
export async function proveKeys(
  store: Store,
  history: KeyHistory,
  size: number,
): Promise<readonly KeyProof[]> {
  const proofs: KeyProof[] = [];
  for (const index of changesOf(history).filter((change) => change < size)) {
    const [entry] = await store.entries(index, index + 1);
    if (entry !== undefined) {
      proofs.push(await prove(store, entry, size));
    }
  }
  return proofs;
}

/** Indexes of the entries that made the history what it is. */
function changesOf({ keys, recoveries }: KeyHistory): readonly number[] {
  const rotated = keys.map(({ from }) => from - 1);
  const named = recoveries.map(({ index }) => index);
  return [...new Set([0, ...rotated, ...named])].sort((one, other) => one - other);
}

async function prove(store: Store, entry: StoredEntry, size: number): Promise<KeyProof> {
  const { seq: index, bytes } = entry;
  const signedAt = signedSize(entry);
  const consistency = signedAt === null ? [] : await store.consistencyProof(signedAt, size);
  return {
    index,
    leaf: base64(bytes),
    inclusion: (await store.inclusionProof(index, size)).map(base64),
    consistency: consistency.map(base64),
    before: await headBefore(store, entry, size),
  };
}

/** A rotation stands alone in its commit: the head before it is the last that the key before has signed. */
async function headBefore(
  store: Store,
  entry: StoredEntry,
  size: number,
): Promise<KeyProof['before']> {
  if (recordedOf(entry).event.type !== 'key.rotated') {
    return null;
  }
  const head = await store.headAt(entry.seq);
  return head === null
    ? null
    : {
        checkpoint: head.note,
        consistency: (await store.consistencyProof(entry.seq, size)).map(base64),
      };
}

/** Size of the head that an entry's statement was signed for; null for genesis. */
function signedSize(entry: StoredEntry): number | null {
  const { event } = recordedOf(entry);
  return event.type === 'key.rotated' || event.type === 'key.recovery'
    ? parseKeyStatement(event.data.statement).log.size
    : null;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}
