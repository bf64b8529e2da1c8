import { IntegrityError } from '../../base/errors.ts';
import { formatCheckpoint } from '../../journal/checkpoint.ts';
import { decodeLeaf } from '../../journal/leaf.ts';
import { rootOfPeaks } from '../../journal/merkle.ts';
import { composeNote } from '../../journal/note.ts';
import type { CheckpointSigner } from '../../journal/signer.ts';
import { keyId } from '../../journal/verifier-key.ts';
import type { Head } from '../store.ts';
import type { Connection } from './connection.ts';
import {
  type StoredSignature,
  selectEntries,
  selectSignature,
  selectSignedBefore,
  setSignature,
} from './entries.ts';
import type { Journal } from './journal.ts';
import { selectPruned } from './pruned.ts';
import { hasStrays, loadTree, selectPeaks, type Tree } from './tree.ts';

type Log = Pick<Journal, 'db' | 'origin'>;

/**
 * The newest signed head. Throws IntegrityError `E_STH_SIG` where it has no signature, `E_SEQ` where
 * entries lie behind it: every commit signs its last entry, so no crash leaves either.
 */
export function loadHead(log: Log): Head {
  const tree = loadTree(log.db);
  const signed = selectSignature(log.db, tree.size - 1);
  if (signed === null) {
    throw new IntegrityError({
      code: 'E_STH_SIG',
      message: `the journal's head of ${tree.size} entries has no signature`,
      hint: 'the journal was changed by hand: restore it from a copy',
    });
  }
  if (hasStrays(log.db)) {
    throw new IntegrityError({
      code: 'E_SEQ',
      message: `entries lie behind the journal's head of ${tree.size}, which nobody signed`,
      hint: 'the journal was changed by hand: restore it from a copy',
    });
  }
  return composeHead(log.origin, tree, signed);
}

/** The head that ended with a commit at `size`; null where none did. */
export function loadHeadAt(log: Log, size: number): Head | null {
  const signed = selectSignature(log.db, size - 1);
  const time = timeAt(log.db, size - 1);
  if (signed === null || time === null) {
    return null;
  }
  return composeHead(log.origin, { size, peaks: selectPeaks(log.db, size), time }, signed);
}

function timeAt(db: Connection, seq: number): string | null {
  const [entry] = selectEntries(db, seq, seq + 1);
  return entry === undefined
    ? (selectPruned(db, seq, seq + 1)[0]?.time ?? null)
    : decodeLeaf(entry.bytes).time;
}

/** The newest signed head of at most `size` entries; null where there is none. */
export function loadHeadUpTo(log: Log, size: number): Head | null {
  const last = selectSignedBefore(log.db, size);
  return last === null ? null : loadHeadAt(log, last + 1);
}

/** Signs the tree as it stands and keeps the signature with its last entry. */
export function signHead(journal: Journal, tree: Tree, signer: CheckpointSigner): Head {
  const root = rootOfPeaks(tree.peaks);
  const body = formatCheckpoint({ origin: journal.origin, size: tree.size, root });
  const signed = {
    key_id: keyId(signer.name, signer.publicKey).toString('hex'),
    signature: signer.sign(Buffer.from(body)),
  };
  setSignature(journal.db, tree.size - 1, signed);
  const head = composeHead(journal.origin, tree, signed);
  journal.signed.note = head.note;
  return head;
}

function composeHead(origin: string, tree: Tree, signed: StoredSignature): Head {
  const root = rootOfPeaks(tree.peaks);
  const note = composeNote(formatCheckpoint({ origin, size: tree.size, root }), {
    name: origin,
    keyId: Buffer.from(signed.key_id, 'hex'),
    signature: signed.signature,
  });
  return { size: tree.size, root, note, time: tree.time };
}
