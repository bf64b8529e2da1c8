import { IntegrityError } from '../base/errors.ts';
import {
  appendLeaf,
  emptyRoot,
  inclusionRanges,
  isSubtree,
  nodeHash,
  peakCoordinates,
  type Range,
  rootOfPeaks,
  subtreePath,
} from './merkle.ts';

/** That the leaf at `seq` is in the tree of `size` leaves with this root. */
export interface InclusionClaim {
  readonly seq: number;
  readonly size: number;
  readonly leafHash: Buffer;
  readonly proof: readonly Buffer[];
  readonly root: Buffer;
}

/** That the tree of `to` leaves begins with exactly the `from` leaves of the older one. */
export interface ConsistencyClaim {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Buffer;
  readonly toRoot: Buffer;
  readonly proof: readonly Buffer[];
}

/** That the tree of `size` leaves has, in this range, the subtree with this root. */
export interface SubtreeClaim {
  readonly subtree: Range;
  readonly size: number;
  readonly subtreeRoot: Buffer;
  readonly root: Buffer;
  readonly proof: readonly Buffer[];
}

/** What `subtreeRoots` hashes: a range that `isSubtree` knows, its root, and the way to the tree's. */
export interface SubtreeProof {
  readonly subtree: Range;
  readonly size: number;
  readonly fromRoot: Buffer;
  readonly proof: readonly Buffer[];
}

// Everything in a claim may come from an attacker. The shape of a proof follows from the sizes alone, so
// one of any other shape is refused before it is hashed.

/** Throws IntegrityError `E_PROOF` unless the claim holds (RFC 6962 2.1.1). */
export function verifyInclusion(claim: InclusionClaim): void {
  const { seq, size } = claim;
  check(isSize(seq) && isSize(size) && seq < size, `a tree of ${size} has no leaf ${seq}`);
  const siblings = readProof(claim.proof, inclusionRanges(seq, size));
  let root = readHash(claim.leafHash);
  for (const sibling of siblings) {
    root = sibling.from < seq ? nodeHash(sibling.root, root) : nodeHash(root, sibling.root);
  }
  check(root.equals(claim.root), `leaf ${seq} does not lead to the root of the tree of ${size}`);
}

/**
 * Throws IntegrityError `E_PROOF` unless the claim holds (RFC 6962 2.1.2). Any tree begins with the one
 * without leaves, so a claim from 0 says nothing about the newer root.
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  const { from, to, proof } = claim;
  check(isSize(from) && isSize(to) && from <= to, `no tree of ${to} leaves begins with ${from}`);
  if (from === 0) {
    const roots = to === 0 ? [claim.fromRoot, claim.toRoot] : [claim.fromRoot];
    check(
      proof.length === 0 && roots.every((root) => root.equals(emptyRoot())),
      'the tree without leaves has one root and needs no proof',
    );
    return;
  }
  const roots = subtreeRoots({ subtree: { from: 0, to: from }, size: to, ...claim });
  check(
    roots.subtree.equals(claim.fromRoot),
    `the proof does not lead to the root of the tree of ${from}`,
  );
  check(
    roots.tree.equals(claim.toRoot),
    `the proof does not lead to the root of the tree of ${to}`,
  );
}

/** Throws IntegrityError `E_PROOF` unless the claim holds. */
export function verifySubtree(claim: SubtreeClaim): void {
  const { subtree, size } = claim;
  const roots = subtreeRoots({ ...claim, fromRoot: claim.subtreeRoot });
  check(
    roots.subtree.equals(claim.subtreeRoot) && roots.tree.equals(claim.root),
    `entries ${subtree.from} to ${subtree.to} do not lead to the root of the tree of ${size}`,
  );
}

/**
 * Both roots that a proof leads to. Where the subtree is one of the tree's own, its root is no part of the
 * proof, and `fromRoot` is where it starts. Throws IntegrityError `E_PROOF` for any other shape.
 */
export function subtreeRoots({ subtree, size, fromRoot, proof }: SubtreeProof): {
  readonly subtree: Buffer;
  readonly tree: Buffer;
} {
  check(
    [subtree.from, subtree.to, size].every(isSize) && isSubtree(subtree, size),
    `a tree of ${size} has no subtree from ${subtree.from} to ${subtree.to}`,
  );
  const { start, siblings } = subtreePath(subtree, size);
  const hashes = start.from === subtree.from ? [fromRoot, ...proof] : proof;
  let subtreeRoot = readHash(hashes[0]);
  let tree = subtreeRoot;
  for (const sibling of readProof(hashes.slice(1), siblings)) {
    const isInside = sibling.from >= subtree.from && sibling.from < subtree.to;
    subtreeRoot = isInside ? nodeHash(sibling.root, subtreeRoot) : subtreeRoot;
    tree = sibling.from < start.from ? nodeHash(sibling.root, tree) : nodeHash(tree, sibling.root);
  }
  return { subtree: subtreeRoot, tree };
}

/**
 * The root of the tree whose first `start` leaves have these peaks and whose other leaves are exactly
 * these. Compared with a signed root, it proves that these entries stand in the log and no others do
 * between and after them. Throws IntegrityError `E_PROOF` for peaks that no tree of `start` leaves has.
 */
export function rootFromRange(
  start: number,
  peaksAtStart: readonly Buffer[],
  leafHashes: Iterable<Buffer>,
): Buffer {
  check(isSize(start), `no tree has ${start} leaves`);
  let peaks = readProof(peaksAtStart, peakCoordinates(start)).map(({ root }) => root);
  let size = start;
  for (const hash of leafHashes) {
    peaks = appendLeaf(size, peaks, readHash(hash));
    size += 1;
  }
  return rootOfPeaks(peaks);
}

/** Puts the hashes of a proof to what they must stand for: as many, and each of 32 bytes. */
function readProof<Place>(
  proof: readonly Buffer[],
  places: readonly Place[],
): readonly (Place & { readonly root: Buffer })[] {
  check(
    proof.length === places.length,
    `proof has ${proof.length} hashes, but ${places.length} are needed`,
  );
  return places.map((place, at) => ({ ...place, root: readHash(proof[at]) }));
}

function readHash(hash: Buffer | undefined): Buffer {
  if (hash?.length !== 32) {
    throw proofError(`a hash has 32 bytes, not ${hash?.length ?? 0}`);
  }
  return hash;
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) {
    throw proofError(otherwise);
  }
}

function proofError(message: string): IntegrityError {
  return new IntegrityError({ code: 'E_PROOF', message });
}
