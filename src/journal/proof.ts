import { IntegrityError } from '../base/errors.ts';
import {
  appendLeaf,
  consistencyPath,
  emptyRoot,
  inclusionRanges,
  nodeHash,
  peakCoordinates,
  rootOfPeaks,
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
  const { start, siblings } = consistencyPath(from, to);
  const hashes = start.from === 0 ? [claim.fromRoot, ...proof] : proof;
  let fromRoot = readHash(hashes[0]);
  let toRoot = fromRoot;
  for (const sibling of readProof(hashes.slice(1), siblings)) {
    if (sibling.from < from) {
      fromRoot = nodeHash(sibling.root, fromRoot);
      toRoot = nodeHash(sibling.root, toRoot);
    } else {
      toRoot = nodeHash(toRoot, sibling.root);
    }
  }
  check(
    fromRoot.equals(claim.fromRoot),
    `the proof does not lead to the root of the tree of ${from}`,
  );
  check(toRoot.equals(claim.toRoot), `the proof does not lead to the root of the tree of ${to}`);
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
