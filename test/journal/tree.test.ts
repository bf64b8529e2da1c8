import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendLeaf, treeRoot } from '../../src/journal/merkle.ts';
import { MerkleTree } from '../../src/journal/tree.ts';
import { someLeaves } from '../support/tree.ts';

const leaves = someLeaves(4500);

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
      { numRuns: 40, examples: [[0], [1], [255], [256], [257], [4096], [4097], [4500]] },
    );
  });

  test('goes on from the peaks of any earlier size, and knows nothing of smaller ones', () => {
    const size = fc.integer({ min: 0, max: leaves.length });
    fc.assert(
      fc.property(size, size, (one, other) => {
        const [from, at] = [Math.min(one, other), Math.max(one, other)];
        let peaks: Buffer[] = [];
        for (const [seq, leaf] of leaves.slice(0, from).entries()) {
          peaks = appendLeaf(seq, peaks, leaf);
        }
        const later = new MerkleTree(from, peaks);
        for (const leaf of leaves.slice(from, at)) {
          later.append(leaf);
        }
        expect(later.rootAt(at)).toEqual(treeRoot(leaves.slice(0, at)));
        expect(later.rootAt(from)).toEqual(treeRoot(leaves.slice(0, from)));
        const between = Math.floor((from + at) / 2);
        expect(later.rootAt(between)).toEqual(treeRoot(leaves.slice(0, between)));
        expect(from === 0 ? null : later.rootAt(from - 1)).toBeNull();
      }),
      {
        numRuns: 40,
        examples: [
          [255, 257],
          [256, 600],
          [300, 400],
          [4096, 4500],
          [4095, 4096],
        ],
      },
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
