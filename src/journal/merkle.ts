import { sha256Bytes } from '../base/digest.ts';
import { InternalError } from '../base/errors.ts';

/**
 * The tree of RFC 6962 section 2. It never changes shape: a tree of `size` leaves is a row of perfect
 * subtrees, one for each bit of `size`, largest first. Their roots are the tree's *peaks*. Appending a
 * leaf needs the peaks alone; proofs need the roots of complete subtrees, which never change once they
 * exist. Sizes are counted without bit operations, which JavaScript cuts off at 32 bits.
 */

/** A complete subtree: leaves `index * 2^level` up to, not including, `(index + 1) * 2^level`. */
export interface Coordinate {
  readonly level: number;
  readonly index: number;
}

/** Leaves `from <= seq < to`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Answers the root of a complete subtree; level 0 is a leaf's hash. */
export type NodeReader = (level: number, index: number) => Buffer;

const nodePrefix = Buffer.from([0x01]);

/** The root of a tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Buffer {
  return sha256Bytes();
}

/** RFC 6962 2.1: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256Bytes(nodePrefix, left, right);
}

/** The peaks after one more leaf on a tree of `size` leaves. */
export function appendLeaf(size: number, peaks: readonly Buffer[], leafHash: Buffer): Buffer[] {
  // Like adding one in binary: every trailing 1 of `size` is a peak that the new leaf completes.
  const merged = trailingOnes(size);
  if (merged > peaks.length) {
    throw new InternalError({ code: 'peaks_wrong', message: `tree of ${size} lacks peaks` });
  }
  const kept = peaks.slice(0, peaks.length - merged);
  const right = peaks
    .slice(kept.length)
    .reduceRight((hash, peak) => nodeHash(peak, hash), leafHash);
  return [...kept, right];
}

/** The root that the peaks make up. */
export function rootOfPeaks(peaks: readonly Buffer[]): Buffer {
  return peaks.length === 0
    ? emptyRoot()
    : peaks.reduceRight((right, left) => nodeHash(left, right));
}

/** The root over all leaves, in order. */
export function treeRoot(leafHashes: Iterable<Buffer>): Buffer {
  let size = 0;
  let peaks: Buffer[] = [];
  for (const hash of leafHashes) {
    peaks = appendLeaf(size, peaks, hash);
    size += 1;
  }
  return rootOfPeaks(peaks);
}

/**
 * The subtrees that leaf `seq` completes, smallest first, the leaf itself included. The hash of each
 * after the first is `nodeHash` of its left child, (level - 1, 2 * index), and the one before it here.
 */
export function nodesCompletedBy(seq: number): readonly Coordinate[] {
  const levels = trailingOnes(seq) + 1;
  return Array.from({ length: levels }, (_, level) => ({
    level,
    index: (seq + 1) / 2 ** level - 1,
  }));
}

/** Where the peaks of a tree stand, left to right. */
export function peakCoordinates(size: number): readonly Coordinate[] {
  return subtreesOf({ from: 0, to: size });
}

/**
 * The complete subtrees that make up a range, left to right. The range must be one that RFC 6962 splits
 * off: it begins at a multiple of the smallest power of two that it fits in.
 */
export function subtreesOf(range: Range): readonly Coordinate[] {
  const subtrees: Coordinate[] = [];
  for (let from = range.from; from < range.to; ) {
    const level = floorLog2(range.to - from);
    subtrees.push({ level, index: from / 2 ** level });
    from += 2 ** level;
  }
  return subtrees;
}

/**
 * The ranges whose roots prove that leaf `seq` is in the tree (RFC 6962 2.1.1), the leaf's neighbour
 * first. A range left of the leaf is hashed in from the left.
 */
export function inclusionRanges(seq: number, size: number): readonly Range[] {
  const siblings: Range[] = [];
  let within: Range = { from: 0, to: size };
  while (within.to - within.from > 1) {
    const [left, right] = split(within);
    const isLeft = seq < right.from;
    siblings.push(isLeft ? right : left);
    within = isLeft ? left : right;
  }
  return siblings.reverse();
}

/** What connects a subtree, or an old tree, with a newer one, in the order in which it is hashed. */
export interface ConsistencyPath {
  /** The largest subtree of the newer tree that ends where the old one ends. */
  readonly start: Range;
  /** Those before the old tree's end are hashed in from the left, into both roots. */
  readonly siblings: readonly Range[];
}

/**
 * How a subtree leads to the root of a tree of `size`. It begins at a multiple of the smallest power of two
 * that it fits in (draft-ietf-plants-merkle-tree-certs, subtree consistency proofs). One that begins at 0 is
 * an old tree (RFC 6962 2.1.2), one of a single leaf that leaf. Siblings before the subtree belong to the
 * newer root alone; where `start` is the whole subtree, a proof leaves it out.
 */
export function subtreePath(subtree: Range, size: number): ConsistencyPath {
  const siblings: Range[] = [];
  let target = subtree;
  let within: Range = { from: 0, to: size };
  while (within.from < target.from || within.to > target.to) {
    const [left, right] = split(within);
    const endsLeft = target.to <= right.from;
    siblings.push(endsLeft ? right : left);
    within = endsLeft ? left : right;
    target = { from: Math.max(target.from, within.from), to: target.to };
  }
  return { start: within, siblings: siblings.reverse() };
}

/** Whether `subtreePath` knows such a subtree in a tree of `size`. */
export function isSubtree({ from, to }: Range, size: number): boolean {
  return from < to && to <= size && from % 2 ** ceilLog2(to - from) === 0;
}

/** The hashes that lead from leaf `seq` to the root of the tree of `size`. Needs `seq < size`. */
export function inclusionProof(seq: number, size: number, read: NodeReader): Buffer[] {
  return inclusionRanges(seq, size).map((range) => rangeRoot(range, read));
}

/** The hashes that lead from both roots to each other. Needs `from <= to`. */
export function consistencyProof(from: number, to: number, read: NodeReader): Buffer[] {
  if (from === 0) {
    // Every tree begins with the tree without leaves.
    return [];
  }
  return subtreeRanges({ from: 0, to: from }, to).map((range) => rangeRoot(range, read));
}

/** The ranges whose roots prove that the tree of `size` has this subtree (one that `isSubtree` knows). */
export function subtreeRanges(subtree: Range, size: number): readonly Range[] {
  const { start, siblings } = subtreePath(subtree, size);
  return start.from === subtree.from ? siblings : [start, ...siblings];
}

/** On the right edge a range is not complete: its root is made from those of its complete subtrees. */
export function rangeRoot(range: Range, read: NodeReader): Buffer {
  return rootOfPeaks(subtreesOf(range).map(({ level, index }) => read(level, index)));
}

/** RFC 6962 splits at the largest power of two that is smaller than the range. */
function split({ from, to }: Range): readonly [Range, Range] {
  const middle = from + 2 ** floorLog2(to - from - 1);
  return [
    { from, to: middle },
    { from: middle, to },
  ];
}

/** Exact up to 2^53, where Math.log2 rounds. */
function floorLog2(count: number): number {
  let level = 0;
  for (let power = 2; power <= count; power *= 2) {
    level += 1;
  }
  return level;
}

function ceilLog2(count: number): number {
  return count <= 1 ? 0 : floorLog2(count - 1) + 1;
}

function trailingOnes(count: number): number {
  let ones = 0;
  for (let rest = count; rest % 2 === 1; rest = (rest - 1) / 2) {
    ones += 1;
  }
  return ones;
}
