import { nodeHash, peakCoordinates, rootOfPeaks } from './merkle.ts';

const hashBytes = 32;

/** Below this level roots are made again when they are asked for: 255 hashes at most, for half the memory. */
const keptLevel = 8;
const blockSize = 2 ** keptLevel;

/** Leaves of one piece of memory: what grows is never copied. */
const pieceSize = 4096;

/** A whole tree in memory, 32 bytes a leaf, that can say what its root was at any size. */
export class MerkleTree {
  /** Leaf hashes, in pieces. */
  readonly #leaves: Buffer[] = [];
  /** For each level from `keptLevel` on, the roots of its complete subtrees. */
  readonly #kept: Buffer[][] = [];
  /** Peaks of the leaves behind the last whole block. */
  #open: Buffer[] = [];
  #size = 0;
  /** Leaves before it are not here, only what they add up to. */
  readonly #start: { readonly size: number; readonly open: readonly Buffer[] };

  /** Goes on from a tree of which only the peaks are known: of smaller sizes it can say nothing. */
  constructor(size = 0, peaks: readonly Buffer[] = []) {
    this.#size = size;
    for (const [at, { level, index }] of peakCoordinates(size).entries()) {
      const peak = peaks[at] ?? Buffer.alloc(hashBytes);
      if (level < keptLevel) {
        this.#open.push(peak);
      } else {
        this.#row(level - keptLevel)[index] = peak;
      }
    }
    for (let level = 0; 2 ** (level + keptLevel) <= size; level += 1) {
      // Holes: what stands before a peak is in it.
      this.#row(level).length = Math.floor(size / 2 ** (level + keptLevel));
    }
    this.#start = { size, open: [...this.#open] };
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Buffer): void {
    const at = Math.floor(this.#size / pieceSize);
    const piece = this.#leaves[at] ?? Buffer.allocUnsafe(pieceSize * hashBytes);
    this.#leaves[at] = piece;
    piece.set(leafHash, (this.#size % pieceSize) * hashBytes);
    pushPeak(this.#open, this.#size % blockSize, leafHash);
    this.#size += 1;
    const [root] = this.#open;
    if (this.#size % blockSize === 0 && root !== undefined) {
      this.#keep(this.#size / blockSize - 1, root);
      this.#open = [];
    }
  }

  /** RFC 6962 root of the first `size` leaves; null where there are not that many. */
  rootAt(size: number): Buffer | null {
    if (!Number.isSafeInteger(size) || size < this.#start.size || size > this.#size) {
      return null;
    }
    const whole = size - (size % blockSize);
    const kept = peakCoordinates(whole).flatMap(
      ({ level, index }) => this.#kept[level - keptLevel]?.[index] ?? [],
    );
    return rootOfPeaks([
      ...kept,
      ...(size === this.#size ? this.#open : this.#peaksOf(whole, size)),
    ]);
  }

  /** Every subtree that the block at `index` completes, itself first. */
  #keep(index: number, root: Buffer): void {
    let hash = root;
    let level = 0;
    for (let rest = index; ; rest = (rest - 1) / 2) {
      const row = this.#row(level);
      const left = row.at(-1);
      row.push(hash);
      if (rest % 2 === 0 || left === undefined) {
        return;
      }
      hash = nodeHash(left, hash);
      level += 1;
    }
  }

  #row(level: number): Buffer[] {
    const row = this.#kept[level] ?? [];
    this.#kept[level] = row;
    return row;
  }

  /** Of leaves within one block. */
  #peaksOf(from: number, to: number): readonly Buffer[] {
    const { size, open } = this.#start;
    const peaks = from < size ? [...open] : [];
    for (let seq = Math.max(from, size); seq < to; seq += 1) {
      const start = (seq % pieceSize) * hashBytes;
      const leaf = this.#leaves[Math.floor(seq / pieceSize)]?.subarray(start, start + hashBytes);
      pushPeak(peaks, seq - from, leaf ?? Buffer.alloc(hashBytes));
    }
    return peaks;
  }
}

/** Like adding one in binary: every trailing 1 of `count` is a peak that the new leaf completes. */
function pushPeak(peaks: Buffer[], count: number, leafHash: Buffer): void {
  let hash = leafHash;
  for (let rest = count; rest % 2 === 1; rest = (rest - 1) / 2) {
    hash = nodeHash(peaks.pop() ?? hash, hash);
  }
  peaks.push(hash);
}
