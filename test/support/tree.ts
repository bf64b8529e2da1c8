import { sha256Bytes } from '../../src/base/digest.ts';
import { type NodeReader, nodeHash, nodesCompletedBy } from '../../src/journal/merkle.ts';

/** Leaf hashes that differ from each other. */
export function someLeaves(count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, seq) => sha256Bytes(Buffer.from(`leaf ${seq}`)));
}

/** Keeps every complete subtree's root as a store does, and fails where one is asked for that is not complete. */
export function storeNodes(leafHashes: readonly Buffer[]): NodeReader {
  const nodes = new Map<string, Buffer>();
  const read: NodeReader = (level, index) => {
    const node = nodes.get(`${level}/${index}`);
    if (node === undefined) {
      throw new Error(`no complete subtree at level ${level}, index ${index}`);
    }
    return node;
  };
  for (const [seq, leafHash] of leafHashes.entries()) {
    let hash = leafHash;
    for (const { level, index } of nodesCompletedBy(seq)) {
      hash = level === 0 ? leafHash : nodeHash(read(level - 1, 2 * index), hash);
      nodes.set(`${level}/${index}`, hash);
    }
  }
  return read;
}
