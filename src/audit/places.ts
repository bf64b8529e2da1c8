import { MerkleTree } from '../journal/tree.ts';
import { type Bounds, gap } from './bounds.ts';
import type { Report } from './finding.ts';

/** Where entries stand, and which roots the log had. */
export interface Places {
  /** Puts an entry, by its hash, where it stands. */
  readonly place: (seq: number, hash: Buffer) => void;
  /** No entry follows, and there must be so many. */
  readonly end: (size: number) => void;
  /** Entries of the log so far. */
  size(): number;
  /** Base64 root of the first `size` entries; null where it is not known. */
  readonly rootAt: (size: number) => string | null;
}

/** Of a whole log: each entry behind the one before it, in a tree that says every root. */
export function treePlaces(report: Report, since?: Bounds['since']): Places {
  const tree = new MerkleTree(since?.size, since?.peaks);
  let next = tree.size;
  return {
    place: (seq, hash) => {
      if (seq !== next) {
        report(gap(next, seq));
      }
      next = seq + 1;
      tree.append(hash);
    },
    end: (size) => {
      if (next < size) {
        report(gap(next, size));
      }
    },
    size: () => tree.size,
    rootAt: (size) => tree.rootAt(size)?.toString('base64') ?? null,
  };
}

/** Of part of a log: proofs say where each entry stands, and are verified by whoever has them. */
export function provenPlaces({ size, rootAt }: NonNullable<Bounds['proven']>): Places {
  const nothing = (): void => undefined;
  return { place: nothing, end: nothing, size: () => size, rootAt };
}
