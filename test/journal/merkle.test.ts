import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash } from '../../src/journal/leaf.ts';
import {
  appendLeaf,
  emptyRoot,
  inclusionRanges,
  nodesCompletedBy,
  peakCoordinates,
  rootOfPeaks,
  subtreePath,
  subtreesOf,
  treeRoot,
} from '../../src/journal/merkle.ts';
import { someLeaves, storeNodes } from '../support/tree.ts';

/** The leaves and roots that every implementation of Certificate Transparency is tested with. */
const knownLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHash(Buffer.from(hex, 'hex')));
const knownRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test.each(knownRoots.map((root, size) => [size, root] as const))(
  'the known tree of %d leaves has its known root',
  (size, root) => {
    expect(treeRoot(knownLeaves.slice(0, size)).toString('hex')).toBe(root);
  },
);

test('the tree is the one that RFC 6962 defines by recursion', () => {
  const leaves = someLeaves(300);
  for (const [size] of leaves.entries()) {
    expect(treeRoot(leaves.slice(0, size))).toEqual(rootByDefinition(leaves.slice(0, size)));
  }
});

test('a tree grown leaf by leaf has at every size the root of its peaks', () => {
  const leaves = someLeaves(300);
  const read = storeNodes(leaves);
  let peaks: readonly Buffer[] = [];
  for (const [seq, hash] of leaves.entries()) {
    peaks = appendLeaf(seq, peaks, hash);
    expect(peaks).toEqual(peakCoordinates(seq + 1).map(({ level, index }) => read(level, index)));
    expect(rootOfPeaks(peaks)).toEqual(treeRoot(leaves.slice(0, seq + 1)));
  }
});

test('appending to peaks that are not a tree of that size is our bug, and said so', () => {
  expect(() => appendLeaf(3, someLeaves(1), emptyRoot())).toThrow(
    expect.objectContaining({ code: 'peaks_wrong' }),
  );
});

test('the root of no leaves is the hash of nothing', () => {
  expect(rootOfPeaks([])).toEqual(createHash('sha256').digest());
});

describe('coordinates', () => {
  test('a leaf completes a subtree for each trailing 1 of its index', () => {
    expect(nodesCompletedBy(0)).toEqual([{ level: 0, index: 0 }]);
    expect(nodesCompletedBy(7)).toEqual([
      { level: 0, index: 7 },
      { level: 1, index: 3 },
      { level: 2, index: 1 },
      { level: 3, index: 0 },
    ]);
  });

  test('a tree of seven has peaks of four, two and one', () => {
    expect(peakCoordinates(7)).toEqual([
      { level: 2, index: 0 },
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
  });

  test('on the right edge, one hash of a proof is made of several complete subtrees', () => {
    expect(inclusionRanges(0, 7)).toEqual([
      { from: 1, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 7 },
    ]);
    expect(subtreesOf({ from: 4, to: 7 })).toEqual([
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
  });

  test('an old tree is followed from the subtree in which it ends', () => {
    expect(subtreePath({ from: 0, to: 3 }, 7)).toEqual({
      start: { from: 2, to: 3 },
      siblings: [
        { from: 3, to: 4 },
        { from: 0, to: 2 },
        { from: 4, to: 7 },
      ],
    });
    expect(subtreePath({ from: 0, to: 7 }, 7)).toEqual({ start: { from: 0, to: 7 }, siblings: [] });
  });

  test('they are exact up to the largest safe size', () => {
    const size = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const leaves = (list: readonly { level: number }[]) =>
          list.reduce((sum, { level }) => sum + 2n ** BigInt(level), 0n);
        expect(leaves(peakCoordinates(to))).toBe(BigInt(to));
        // A proof's subtrees and the leaf itself are all leaves, each once.
        const siblings = inclusionRanges(from - 1, to);
        expect(leaves(siblings.flatMap(subtreesOf)) + 1n).toBe(BigInt(to));
        expect(siblings.length).toBeLessThanOrEqual(53);
        const path = subtreePath({ from: 0, to: from }, to);
        expect(leaves([path.start, ...path.siblings].flatMap(subtreesOf))).toBe(BigInt(to));
      }),
    );
  });
});

/** RFC 6962 2.1, word for word. */
function rootByDefinition(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (first === undefined) {
    return createHash('sha256').digest();
  }
  if (leaves.length === 1) {
    return first;
  }
  let k = 1;
  while (2 * k < leaves.length) {
    k *= 2;
  }
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(rootByDefinition(leaves.slice(0, k)))
    .update(rootByDefinition(leaves.slice(k)))
    .digest();
}
