import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeHead, type OwnLog } from '../../src/engine/replicate/judge-head.ts';
import { emptyRoot } from '../../src/journal/merkle.ts';
import { MerkleTree } from '../../src/journal/tree.ts';

function aLog(size: number): OwnLog {
  const tree = new MerkleTree();
  for (let seq = 0; seq < size; seq += 1) {
    tree.append(Buffer.alloc(32, seq));
  }
  return {
    size,
    rootAt: (at) => {
      const root = tree.rootAt(at);
      if (root === null) {
        throw new Error(`a log of ${size} was asked for its root at ${at}`);
      }
      return root;
    },
  };
}

const anySize = fc.integer({ min: 1, max: 200 });

test('every head that this log ever had is its own', () => {
  fc.assert(
    fc.property(anySize, fc.nat(), (size, pick) => {
      const ours = aLog(size);
      const at = 1 + (pick % size);
      expect(judgeHead({ size: at, root: ours.rootAt(at) }, ours)).toBe('ok');
    }),
  );
});

test('a head beyond this log means that it was put back, whatever its root', () => {
  fc.assert(
    fc.property(anySize, anySize, (size, more) => {
      const theirs = aLog(size + more);
      expect(judgeHead({ size: theirs.size, root: theirs.rootAt(theirs.size) }, aLog(size))).toBe(
        'ahead',
      );
    }),
  );
});

test('one other bit in a root is a fork', () => {
  fc.assert(
    fc.property(anySize, fc.nat(), fc.integer({ min: 0, max: 255 }), (size, pick, bit) => {
      const ours = aLog(size);
      const at = 1 + (pick % size);
      const root = Buffer.from(ours.rootAt(at));
      root[bit >> 3] = (root[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(judgeHead({ size: at, root }, ours)).toBe('fork');
    }),
  );
});

test('whoever has nothing contradicts nothing', () => {
  const ours = aLog(3);
  expect(judgeHead(null, ours)).toBe('ok');
  expect(judgeHead({ size: 0, root: emptyRoot() }, ours)).toBe('ok');
  expect(judgeHead({ size: 0, root: randomBytes(32) }, ours)).toBe('ok');
});

test('what is no head says nothing about this log', () => {
  const ours = aLog(3);
  const root = ours.rootAt(3);
  for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    expect(judgeHead({ size, root }, ours)).toBe('nonsense');
  }
  expect(judgeHead({ size: 3, root: root.subarray(1) }, ours)).toBe('nonsense');
  expect(judgeHead({ size: 99, root: Buffer.alloc(0) }, ours)).toBe('nonsense');
});
