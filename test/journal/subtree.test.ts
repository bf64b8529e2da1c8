import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  consistencyProof,
  inclusionProof,
  isSubtree,
  rangeRoot,
  subtreeRanges,
  treeRoot,
} from '../../src/journal/merkle.ts';
import { type SubtreeClaim, verifySubtree } from '../../src/journal/proof.ts';
import { someLeaves, storeNodes } from '../support/tree.ts';

const refused: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_PROOF' });
const most = 70;
const leaves = someLeaves(most);
const read = storeNodes(leaves);
const claims = everySubtree();

function claimOf(from: number, to: number, size: number): SubtreeClaim {
  return {
    subtree: { from, to },
    size,
    subtreeRoot: treeRoot(leaves.slice(from, to)),
    root: treeRoot(leaves.slice(0, size)),
    proof: subtreeRanges({ from, to }, size).map((range) => rangeRoot(range, read)),
  };
}

test('every subtree of every tree is proven', () => {
  expect(claims.length).toBeGreaterThan(1000);
  for (const claim of claims) {
    verifySubtree(claim);
  }
});

test('from the first leaf it is the consistency proof of RFC 6962, of one leaf the inclusion proof', () => {
  for (const { subtree, size, proof } of claims) {
    if (subtree.from === 0) {
      expect(proof).toEqual(consistencyProof(subtree.to, size, read));
    }
    if (subtree.to === subtree.from + 1) {
      expect(proof).toEqual(inclusionProof(subtree.from, size, read));
    }
  }
});

test('no proof holds for another subtree, another tree, or other hashes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...claims), fc.nat({ max: most }), (claim, other) => {
      for (const wrong of alterations(claim, other)) {
        expect(() => {
          verifySubtree(wrong);
        }).toThrow(refused);
      }
    }),
  );
});

test.each([
  [4, 4, 9],
  [5, 7, 9],
  [2, 6, 9],
  [8, 10, 9],
  [-1, 0, 9],
  [0.5, 1.5, 9],
  [0, 1, Number.NaN],
])('%s to %s is no subtree of a tree of %s', (from, to, size) => {
  const claim = { ...claimOf(0, 1, 1), subtree: { from, to }, size };
  expect(() => {
    verifySubtree(claim);
  }).toThrow(refused);
});

function everySubtree(): readonly SubtreeClaim[] {
  const places = Array.from({ length: most + 1 }, (_, place) => place);
  return [1, 2, 3, 7, 8, 9, 31, 32, 33, 64, 65, most].flatMap((size) =>
    places.flatMap((from) =>
      places.filter((to) => isSubtree({ from, to }, size)).map((to) => claimOf(from, to, size)),
    ),
  );
}

function alterations(claim: SubtreeClaim, other: number): readonly SubtreeClaim[] {
  const { proof, subtree } = claim;
  const noHash = Buffer.alloc(32, 9);
  const altered = [
    { ...claim, subtreeRoot: noHash },
    { ...claim, root: noHash },
    { ...claim, proof: [...proof, noHash] },
    { ...claim, proof: [...proof, Buffer.alloc(31)] },
    { ...claim, subtree: { from: subtree.to, to: subtree.from } },
  ];
  return proof.length === 0
    ? altered
    : [
        ...altered,
        { ...claim, proof: proof.slice(1) },
        { ...claim, proof: proof.with(other % proof.length, noHash) },
      ];
}
