import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { treeRoot } from '../../src/journal/merkle.ts';
import { MerkleTree } from '../../src/journal/tree.ts';
import { someLeaves } from '../support/tree.ts';

const leaves = someLeaves(9000);

describe('a tree in memory', () => {
  const tree = new MerkleTree();
  for (const leaf of leaves) {
    tree.append(leaf);
  }

  test('has the root of RFC 6962 at any size it ever had', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: leaves.length }), (size) => {
        expect(tree.rootAt(size)).toEqual(treeRoot(leaves.slice(0, size)));
      }),
      { numRuns: 40, examples: [[0], [1], [255], [256], [257], [4096], [4097], [8192], [9000]] },
    );
  });

  test('has none at a size it never had', () => {
    for (const size of [-1, 0.5, leaves.length + 1, Number.NaN]) {
      expect(tree.rootAt(size)).toBeNull();
    }
  });

  test('says its root while it grows', () => {
    const growing = new MerkleTree();
    for (const [at, leaf] of leaves.slice(0, 600).entries()) {
      growing.append(leaf);
      if (at % 37 === 0) {
        expect(growing.rootAt(at + 1)).toEqual(treeRoot(leaves.slice(0, at + 1)));
      }
    }
  });
});
