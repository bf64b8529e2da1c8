import type { BlobId, RunId, Sha256 } from '../../base/ids.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Anchor, AnchorKey } from '../../journal/anchor.ts';

/** What a bundle is about: one run, or every entry of `from <= seq < to`. */
export type EvidenceScope =
  | { readonly kind: 'run'; readonly run: RunId }
  | { readonly kind: 'range'; readonly from: number; readonly to: number };

/**
 * What is given away beside entries and the trusted files, which always are: `plans` with the commands and
 * the values that steps gave, `outputs` what steps printed and what receivers heard, `openings` the salts
 * of private values, by which whoever knows a value can show that it was this one.
 */
export const disclosures = ['plans', 'outputs', 'openings'] as const;
export type Disclosure = (typeof disclosures)[number];

/** Everything that goes into a bundle, collected. The same evidence makes the same bytes. */
export interface Evidence {
  readonly scope: EvidenceScope;
  readonly origin: string;
  /** Keys of the log as verifier keys, oldest first; the last one signed the head. */
  readonly keys: readonly string[];
  readonly head: { readonly size: number; readonly root: Buffer; readonly note: string };
  /** By `seq`; where the bytes were pruned, the leaf hash alone. */
  readonly entries: readonly ProvenEntry[];
  /** Older heads that signed texts name, or the auditor has, each with its way to the head. */
  readonly roots: readonly ProvenRoot[];
  readonly blobs: readonly { readonly id: BlobId; readonly salt: Buffer; readonly bytes: Buffer }[];
  readonly openings: readonly { readonly commitment: Sha256; readonly salt: Buffer }[];
  readonly withheld: readonly Withheld[];
  readonly disclosed: readonly Disclosure[];
  /** What others said of exactly this head. */
  readonly anchors: readonly Anchor[];
  readonly anchorKeys: readonly { readonly name: string; readonly key: AnchorKey }[];
  /** What our own verification of the journal up to this head said when this was made. */
  readonly findings: JsonObject;
}

export interface ProvenEntry {
  readonly seq: number;
  /** Null where they were pruned. */
  readonly bytes: Buffer | null;
  readonly hash: Buffer;
  /** RFC 6962 2.1.1, to the bundle's head. */
  readonly proof: readonly Buffer[];
}

export interface ProvenRoot {
  readonly size: number;
  readonly root: Buffer;
  /** RFC 6962 2.1.2, to the bundle's head. */
  readonly proof: readonly Buffer[];
}

/** Content that an entry names and the bundle does not hold. */
export interface Withheld {
  readonly what: string;
  readonly id: string;
  readonly entry: number;
  /** `erased`: an entry says so. `missing`: nothing does. */
  readonly why: 'not disclosed' | 'erased' | 'missing';
}
