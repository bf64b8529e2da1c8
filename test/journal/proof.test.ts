import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  peakCoordinates,
  treeRoot,
} from '../../src/journal/merkle.ts';
import {
  type ConsistencyClaim,
  type InclusionClaim,
  rootFromRange,
  verifyConsistency,
  verifyInclusion,
} from '../../src/journal/proof.ts';
import { someLeaves, storeNodes } from '../support/tree.ts';

const refused: unknown = expect.objectContaining({ name: 'IntegrityError', code: 'E_PROOF' });
const base64 = (text: string) => Buffer.from(text, 'base64');

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  readonly desc: string;
}

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
  readonly desc: string;
}

describe('RFC 6962 vectors', () => {
  const inclusionVectors = readJson('rfc6962-inclusion.json') as readonly InclusionVector[];
  const consistencyVectors = readJson('rfc6962-consistency.json') as readonly ConsistencyVector[];

  test.each(inclusionVectors.map((vector) => [vector.desc, vector] as const))(
    'inclusion %s',
    (_name, vector) => {
      const verify = () =>
        verifyInclusion({
          seq: vector.leafIdx,
          size: vector.treeSize,
          leafHash: base64(vector.leafHash),
          proof: (vector.proof ?? []).map(base64),
          root: base64(vector.root),
        });
      expectVerdict(verify, vector.wantErr);
    },
  );

  test.each(consistencyVectors.map((vector) => [vector.desc, vector] as const))(
    'consistency %s',
    (_name, vector) => {
      const verify = () =>
        verifyConsistency({
          from: vector.size1,
          to: vector.size2,
          fromRoot: base64(vector.root1),
          toRoot: base64(vector.root2),
          proof: (vector.proof ?? []).map(base64),
        });
      expectVerdict(verify, vector.wantErr);
    },
  );
});

const leaves = someLeaves(300);
const read = storeNodes(leaves);
const roots = Array.from({ length: leaves.length + 1 }, (_, size) =>
  treeRoot(leaves.slice(0, size)),
);
const rootAt = (size: number) => roots[size] ?? emptyRoot();

const inclusionOf = (seq: number, size: number): InclusionClaim => ({
  seq,
  size,
  leafHash: read(0, seq),
  proof: inclusionProof(seq, size, read),
  root: rootAt(size),
});

const consistencyOf = (from: number, to: number): ConsistencyClaim => ({
  from,
  to,
  fromRoot: rootAt(from),
  toRoot: rootAt(to),
  proof: consistencyProof(from, to, read),
});

test('every leaf of every tree up to 70 is proven, every past of it too', () => {
  for (let size = 0; size <= 70; size += 1) {
    for (let at = 0; at < size; at += 1) {
      verifyInclusion(inclusionOf(at, size));
      verifyConsistency(consistencyOf(at, size));
    }
    verifyConsistency(consistencyOf(size, size));
  }
});

const anyPair = fc
  .tuple(fc.integer({ min: 1, max: 300 }), fc.nat())
  .map(([size, pick]) => ({ size, at: pick % size }));

test('a leaf is proven for what it is, where it is, and nothing else', () => {
  fc.assert(
    fc.property(anyPair, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ size, at }, pick, flip) => {
      const claim = inclusionOf(at, size);
      verifyInclusion(claim);
      for (const proof of damagedProofs(claim.proof, pick, flip)) {
        expect(() => verifyInclusion({ ...claim, proof })).toThrow(refused);
      }
      for (const change of [
        { root: damaged(claim.root, pick, flip) },
        { leafHash: damaged(claim.leafHash, pick, flip) },
        {
          seq:
            (at + 1 + (pick % size)) % (size + 1) === at
              ? size
              : (at + 1 + (pick % size)) % (size + 1),
        },
        { seq: -1 },
        { seq: at + 0.5 },
        { size: at },
        { size: 0 },
        { size: Number.NaN },
        { size: 2 ** 53 },
      ]) {
        expect(() => verifyInclusion({ ...claim, ...change })).toThrow(refused);
      }
    }),
  );
});

test('an older tree is proven to be the beginning, and no other tree is', () => {
  fc.assert(
    fc.property(anyPair, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ size, at }, pick, flip) => {
      const claim = consistencyOf(at + 1, size);
      verifyConsistency(claim);
      for (const proof of damagedProofs(claim.proof, pick, flip)) {
        expect(() => verifyConsistency({ ...claim, proof })).toThrow(refused);
      }
      for (const change of [
        { fromRoot: damaged(claim.fromRoot, pick, flip) },
        { toRoot: damaged(claim.toRoot, pick, flip) },
        { from: size + 1 },
        { from: -1 },
        { from: 0.5 },
        { to: at },
        { to: Number.POSITIVE_INFINITY },
      ]) {
        expect(() => verifyConsistency({ ...claim, ...change })).toThrow(refused);
      }
    }),
  );
});

test('every tree begins with the tree without leaves, which has one root', () => {
  verifyConsistency(consistencyOf(0, 0));
  verifyConsistency(consistencyOf(0, 9));
  expect(() => verifyConsistency({ ...consistencyOf(0, 9), fromRoot: rootAt(1) })).toThrow(refused);
  expect(() => verifyConsistency({ ...consistencyOf(0, 9), proof: [rootAt(1)] })).toThrow(refused);
  expect(() => verifyConsistency({ ...consistencyOf(0, 0), toRoot: rootAt(1) })).toThrow(refused);
});

test('nothing is in the tree without leaves', () => {
  const claim = { seq: 0, size: 0, leafHash: rootAt(1), proof: [], root: emptyRoot() };
  expect(() => verifyInclusion(claim)).toThrow(refused);
});

test('a proof of absurd size is refused at once', () => {
  const proof = Array<Buffer>(1_000_000).fill(emptyRoot());
  const size = Number.MAX_SAFE_INTEGER;
  const claim = { seq: 5, size, leafHash: rootAt(1), proof, root: emptyRoot() };
  const began = performance.now();
  expect(() => verifyInclusion(claim)).toThrow(refused);
  expect(() =>
    verifyConsistency({ from: 5, to: size, fromRoot: rootAt(5), toRoot: rootAt(9), proof }),
  ).toThrow(refused);
  expect(performance.now() - began).toBeLessThan(1000);
});

describe('a range of entries is proven to be all there is', () => {
  const peaksAt = (size: number) =>
    peakCoordinates(size).map(({ level, index }) => read(level, index));

  test('its root is the root of the whole tree, wherever the range begins', () => {
    fc.assert(
      fc.property(anyPair, ({ size, at }) => {
        expect(rootFromRange(at, peaksAt(at), leaves.slice(at, size))).toEqual(rootAt(size));
        expect(rootFromRange(size, peaksAt(size), [])).toEqual(rootAt(size));
      }),
    );
  });

  test('one entry left out, added, swapped or altered makes another root', () => {
    fc.assert(
      fc.property(anyPair, fc.nat(), ({ size, at }, pick) => {
        const range = leaves.slice(at, size);
        const chosen = pick % range.length;
        const others = [
          range.toSpliced(chosen, 1),
          range.toSpliced(chosen, 0, emptyRoot()),
          range.with(chosen, emptyRoot()),
          ...(range.length > 1 ? [[...range.slice(1), ...range.slice(0, 1)]] : []),
        ];
        for (const other of others) {
          expect(rootFromRange(at, peaksAt(at), other)).not.toEqual(rootAt(size));
        }
      }),
    );
  });

  test('peaks that no tree of that size has are refused', () => {
    expect(() => rootFromRange(3, peaksAt(2), [])).toThrow(refused);
    expect(() => rootFromRange(2, peaksAt(3), [])).toThrow(refused);
    expect(() => rootFromRange(1, [Buffer.alloc(31)], [])).toThrow(refused);
    expect(() => rootFromRange(-1, [], [])).toThrow(refused);
    expect(() => rootFromRange(0, [], [Buffer.alloc(33)])).toThrow(refused);
  });
});

function damaged(hash: Buffer, pick: number, flip: number): Buffer {
  const copy = Buffer.from(hash);
  const at = pick % copy.length;
  copy[at] = (copy[at] ?? 0) ^ flip;
  return copy;
}

/** Flipped, cut, lengthened, reordered; hashes too short, too long, empty. */
function damagedProofs(proof: readonly Buffer[], pick: number, flip: number): readonly Buffer[][] {
  const longer = [
    [...proof, emptyRoot()],
    [emptyRoot(), ...proof],
  ];
  const chosen = pick % Math.max(1, proof.length);
  const hash = proof[chosen];
  if (hash === undefined) {
    return longer;
  }
  return [
    ...longer,
    proof.toSpliced(chosen, 1),
    [...proof.slice(0, -1), Buffer.alloc(0)],
    proof.with(chosen, damaged(hash, pick, flip)),
    proof.with(chosen, hash.subarray(1)),
    proof.with(chosen, Buffer.concat([hash, Buffer.alloc(1)])),
    ...(proof.length > 1 ? [proof.toReversed()] : []),
  ];
}

function expectVerdict(verify: () => void, wantError: boolean): void {
  if (wantError) {
    expect(verify).toThrow(refused);
  } else {
    verify();
  }
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/vectors/${name}`, import.meta.url), 'utf8'));
}
