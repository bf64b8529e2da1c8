import { join } from 'node:path';
import { composeBundle } from '../../src/audit/bundle/compose-bundle.ts';
import { parseBundle } from '../../src/audit/bundle/parse-bundle.ts';
import { readTar, writeTar } from '../../src/audit/bundle/tar.ts';
import { signCheckpoint } from '../../src/journal/checkpoint.ts';
import { decodeLeaf, encodeLeaf, leafHash } from '../../src/journal/leaf.ts';
import { consistencyProof, inclusionProof, treeRoot } from '../../src/journal/merkle.ts';
import { openJournalKey } from '../../src/signers/journal-key.ts';
import type { Scene } from './scene.ts';
import { storeNodes } from './tree.ts';

/**
 * What a thief of the journal's key makes of a bundle that holds the whole log: an entry says something
 * else, and tree, head, proofs and every other file follow from it.
 */
export function forged(
  bundle: Buffer,
  { state }: Pick<Scene, 'state'>,
  change: (data: Record<string, unknown>, type: string) => object | null,
): Buffer {
  const evidence = parseBundle(readTar(bundle));
  const leaves = evidence.entries.map(({ bytes }) => {
    const leaf = decodeLeaf(bytes ?? Buffer.alloc(0));
    const data = change(structuredClone(leaf.data), leaf.type);
    return data === null
      ? (bytes ?? Buffer.alloc(0))
      : encodeLeaf({ ...leaf, data: data as typeof leaf.data });
  });
  const hashes = leaves.map(leafHash);
  const size = hashes.length;
  const read = storeNodes(hashes);
  const head = { origin: evidence.origin, size, root: treeRoot(hashes) };
  const note = signCheckpoint(
    head,
    openJournalKey(join(state, 'journal.key'), evidence.origin, false),
  );
  return writeTar(
    composeBundle({
      ...evidence,
      head: { size, root: head.root, note },
      entries: leaves.map((bytes, seq) => {
        return { seq, bytes, hash: leafHash(bytes), proof: inclusionProof(seq, size, read) };
      }),
      roots: evidence.roots.map(({ size: from }) => {
        const root = treeRoot(hashes.slice(0, from));
        return { size: from, root, proof: consistencyProof(from, size, read) };
      }),
    }),
  );
}
