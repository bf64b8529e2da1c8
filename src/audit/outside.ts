import type { Anchor, AnchorKey } from '../journal/anchor.ts';

/** A head of the log that somebody outside remembers, verified as far as it can be without the log. */
export interface OutsideHead {
  /** `receipt robin.json`, `witness office`, `pin`: for a person. */
  readonly name: string;
  readonly kind: 'receipt' | 'pin' | 'cosignature' | 'timestamp' | 'copy' | 'checkpoint';
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The whole note under the log's own signature; null where only the outside signed. */
  readonly note: string | null;
  /** RFC 3339, by the outside's own word; null where it says none. */
  readonly time: string | null;
  /**
   * Whether it rests on something that the auditor chose or brought along. A cosignature or token under a key
   * that only the journal's own configuration names is no proof against whoever could write that too; a
   * `copy` is never one.
   */
  readonly isProof: boolean;
}

/** Where heads from outside come from, besides receipts and pins. */
export interface OutsideSources {
  /** What the store, a mirror or a bundle keeps beside the log: nothing of it is believed unverified. */
  readonly anchors: readonly Anchor[];
  readonly keys: readonly OutsideKey[];
  /** Notes that the auditor brought along: a mirror's checkpoint, one from an earlier audit. */
  readonly checkpoints: readonly { readonly name: string; readonly note: string }[];
}

/** Somebody outside, and by what they are believed. */
export interface OutsideKey {
  readonly name: string;
  readonly key: AnchorKey;
  /** The auditor named it; otherwise only the journal's own configuration does. */
  readonly chosen: boolean;
}

/** Whether a head holds the log to something: a `copy` is the journal's own note of what somebody said. */
export function anchorsLog({ kind }: OutsideHead): boolean {
  return kind !== 'copy';
}

/** How a finding and an anchor name it. */
export function nameOf({ name, isProof, kind }: OutsideHead): string {
  return isProof || kind === 'copy' ? name : `${name}, named by the journal itself`;
}
