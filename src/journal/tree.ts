import { nodeHash, nodesCompletedBy, peakCoordinates, rootOfPeaks } from './merkle.ts';

const hashBytes = 32;

/** A whole tree in memory, 64 bytes a leaf, that can say what its root was at any size. */
export class MerkleTree {
  /** One growing run of hashes for each level. */
  readonly #levels: { bytes: Buffer; count: number }[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(leafHash: Buffer): void {
    const seq = this.#size;
    for (const { level, index } of nodesCompletedBy(seq)) {
      this.#put(level, level === 0 ? leafHash : this.#join(level, index));
    }
    this.#size += 1;
  }

  /** RFC 6962 root of the first `size` leaves; null where there are not that many. */
  rootAt(size: number): Buffer | null {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.#size) {
      return null;
    }
    return rootOfPeaks(peakCoordinates(size).map(({ level, index }) => this.#get(level, index)));
  }

  #join(level: number, index: number): Buffer {
    return nodeHash(this.#get(level - 1, index * 2), this.#get(level - 1, index * 2 + 1));
  }

  #get(level: number, index: number): Buffer {
    const start = index * hashBytes;
    return this.#levels[level]?.bytes.subarray(start, start + hashBytes) ?? Buffer.alloc(hashBytes);
  }

  #put(level: number, hash: Buffer): void {
    const run = this.#levels[level] ?? { bytes: Buffer.alloc(hashBytes * 64), count: 0 };
    this.#levels[level] = run;
    if (run.bytes.length === run.count * hashBytes) {
      run.bytes = Buffer.concat([run.bytes, Buffer.alloc(run.bytes.length)]);
    }
    hash.copy(run.bytes, run.count * hashBytes);
    run.count += 1;
  }
}
