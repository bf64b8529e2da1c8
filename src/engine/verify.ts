import type { Pin } from '../approval/statement/receipt.ts';

/** A file that was handed in. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** Whom the auditor believes, and what they brought along. */
export interface OutsideInput {
  /** Verifier keys of witnesses, as the auditor knows them. */
  readonly witnesses?: readonly string[];
  /** Certificates (PEM) that timestamps must lead to. */
  readonly authorities?: readonly NamedText[];
  /** Signed heads of the log: of an earlier audit, of a mirror. */
  readonly checkpoints?: readonly NamedText[];
}

export interface VerifyInput extends OutsideInput {
  /** Receipts to hold the journal against. */
  readonly receipts: readonly NamedText[];
  /** Heads that approvers' clients on this machine remember. */
  readonly pins: readonly Pin[];
  /** Whether copies are asked what they have now. */
  readonly online?: boolean;
  /** Threads that work on it; null or absent: as many as pay. */
  readonly workers?: number | null;
  /** Only what came after this head is read: one that the auditor kept, or the journal's own of at most so many entries. */
  readonly since?: NamedText | number | null;
  readonly progress: (done: number, of: number) => void;
}

/** The object `audit verify --output json` prints. */
export interface VerifyReport {
  readonly verdicts: readonly {
    readonly name: 'integrity' | 'completeness' | 'authorization' | 'time' | 'replicas';
    /** Null where it was not judged; the anchor says why. */
    readonly ok: boolean | null;
    /** What the verdict rests on, in words: `receipt robin …`, `self-consistent only`. */
    readonly anchor: string;
    /** RFC 3339 time of that anchor; null where there is none. */
    readonly anchored_at: string | null;
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly index: number | null;
    readonly message: string;
  }[];
  /** Where a head under the log's own key contradicts the log: a file each that proves it to anybody. */
  readonly forks?: readonly string[];
  readonly exit_code: 0 | 14;
}
