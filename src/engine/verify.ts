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

type Verdicts = Pick<VerifyReport, 'verdicts'>;

/**
 * The first line of every report, for a terminal and for a page, and the time of the anchor it names:
 * `ANCHORED size=… by=… at=…`, `SELF-CONSISTENT ONLY`, `FAILED …`. Of what does not hold, no anchor is
 * claimed. Not sanitised.
 */
export function headlineOf({ verdicts }: Verdicts): {
  readonly text: string;
  readonly at: string | null;
} {
  const failed = verdicts.filter(({ ok }) => ok === false).map(({ name }) => name);
  if (failed.length > 0) {
    return { text: `FAILED ${failed.join(', ')}`, at: null };
  }
  const completeness = verdicts.find(({ name }) => name === 'completeness');
  const [by = ''] = completeness?.anchor.split(';') ?? [];
  const at = completeness?.anchored_at ?? null;
  return by.startsWith('size=')
    ? { text: `ANCHORED ${by} at=${at ?? 'unknown'}`, at }
    : { text: 'SELF-CONSISTENT ONLY', at: null };
}

/** What a verdict is called: `open` is one that was not judged. */
export function verdictWord(ok: boolean | null): 'ok' | 'not ok' | 'open' {
  if (ok === null) {
    return 'open';
  }
  return ok ? 'ok' : 'not ok';
}
