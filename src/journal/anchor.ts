/**
 * What somebody outside said of a head, as it came. Kept beside the log, and no part of it: its own
 * signature or time stamp is what it proves, and a lost one takes nothing from the log but proof.
 */
export interface Anchor {
  /** The name in `config.yaml` of whoever said it. */
  readonly by: string;
  /** `cosignature`: signature lines of a note (C2SP tlog-cosignature). `timestamp`: an RFC 3161 token, base64. `copy`: what a store of copies answered. */
  readonly kind: 'cosignature' | 'timestamp' | 'copy';
  readonly size: number;
  /** Root of the head, base64. */
  readonly root: string;
  readonly evidence: string;
  /** RFC 3339: when it came, by our own clock. */
  readonly at: string;
}

/**
 * By what the evidence of somebody outside is verified: the verifier key of a cosigner (C2SP, type `04`), or
 * the certificates (PEM) that a timestamp authority's own must lead to. Who is trusted is never in the evidence.
 */
export type AnchorKey =
  | { readonly kind: 'cosignature'; readonly verifierKey: string }
  | { readonly kind: 'timestamp'; readonly certificates: string };
