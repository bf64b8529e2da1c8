import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatCheckpoint } from '../../src/journal/checkpoint.ts';
import { encodeLeaf, type Leaf, leafHash } from '../../src/journal/leaf.ts';
import { rootOfPeaks } from '../../src/journal/merkle.ts';
import type { CheckpointSigner } from '../../src/journal/signer.ts';
import { keyId } from '../../src/journal/verifier-key.ts';
import type { Event } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { rawPublicKey } from '../../src/signers/pkcs8.ts';
import { Connection } from '../../src/store/sqlite/connection.ts';
import { loadOrigin } from '../../src/store/sqlite/create.ts';
import { insertEntry, setSignature } from '../../src/store/sqlite/entries.ts';
import { indexEntry } from '../../src/store/sqlite/index-entry.ts';
import { growTree, loadTree, saveTree } from '../../src/store/sqlite/tree.ts';

/** A key of a journal, in whoever's hands: `pem` stolen from a state directory, or a new one. */
export function journalSigner(name: string, pem?: string): CheckpointSigner {
  const key = pem === undefined ? generateKeyPairSync('ed25519').privateKey : createPrivateKey(pem);
  return {
    name,
    publicKey: rawPublicKey(createPublicKey(key)),
    sign: (message) => sign(null, message, key),
  };
}

/** The key that lies beside a journal now. */
export function stealKey(state: string, name: string): CheckpointSigner {
  return journalSigner(name, readFileSync(join(state, 'journal.key'), 'utf8'));
}

/**
 * Appends an entry as a program would that asks nothing: every index, the tree, and a head under any key.
 * Answers its index.
 */
export function appendDishonestly(state: string, event: Event, signer: CheckpointSigner): number {
  const db = new Connection(join(state, 'journal.sqlite'));
  try {
    return db.immediate(() => {
      const before = loadTree(db);
      const origin = loadOrigin(db);
      const { size: seq, time } = before;
      const bytes = encodeLeaf({
        v: 1,
        origin,
        seq,
        type: event.type,
        time,
        mono: 1,
        boot: 'boot',
        run: null,
        cmd: `dishonest.${seq}`,
        data: event.data as unknown as Leaf['data'],
      });
      insertEntry(db, { seq, bytes });
      indexEntry(db, recordedOf({ seq, bytes }), `dishonest.${seq}`);
      const tree = growTree(db, before, { hash: leafHash(bytes), time });
      saveTree(db, tree);
      const root = rootOfPeaks(tree.peaks);
      setSignature(db, seq, {
        key_id: keyId(origin, signer.publicKey).toString('hex'),
        signature: signer.sign(Buffer.from(formatCheckpoint({ origin, size: tree.size, root }))),
      });
      return seq;
    });
  } finally {
    db.close();
  }
}
