import type { Finding, VerdictName } from './finding.ts';

/** One question answered apart from the others, with what the answer rests on. */
export interface AuditVerdict {
  readonly name: VerdictName;
  /** Null where it was not judged; the anchor says why. */
  readonly ok: boolean | null;
  readonly anchor: string;
  readonly anchored_at: string | null;
}

/** What bounds an audit, in words for its verdicts. */
export interface Bounds {
  /** Where the log's key is from, if not from whoever audits. */
  readonly keyFrom?: string;
  /** Why nothing can be said of authorization. */
  readonly unjudged?: string;
  /** Content is not there by the choice of whoever made the bundle: what needs it cannot be judged. */
  readonly isWithheld?: boolean;
  /** Only what came after so many entries is read; their peaks are proven by a head. */
  readonly since?: { readonly size: number; readonly peaks: readonly Buffer[] };
  /** Only part of the log is there: its size, and its roots (base64) as far as proofs lead to them. */
  readonly proven?: { readonly size: number; readonly rootAt: (size: number) => string | null };
}

/** The verdicts, with what bounds them: it makes none true, and none that is false anything else. */
export function boundAnswers(
  verdicts: readonly AuditVerdict[],
  { keyFrom, unjudged, isWithheld = false, since }: Bounds,
): readonly AuditVerdict[] {
  return verdicts.map((verdict) => {
    if (verdict.name === 'integrity') {
      const key = keyFrom === undefined ? '' : `, which was ${keyFrom}`;
      const read = since === undefined ? '' : `; only entries from ${since.size} on were read`;
      return { ...verdict, anchor: `${verdict.anchor}${key}${read}` };
    }
    if (verdict.name !== 'authorization' || (unjudged === undefined && !isWithheld)) {
      return verdict;
    }
    // What was found is found, also where not everything was looked for.
    const ok = verdict.ok === false ? false : null;
    return unjudged === undefined
      ? { ...verdict, ok }
      : { ...verdict, ok, anchor: unjudged, anchored_at: null };
  });
}

/** Entries `from <= seq < to` are not there. Each gap is told once; what follows is judged by its own number. */
export function gap(from: number, to: number): Finding {
  const which =
    to - from === 1 ? `entry ${from} is missing` : `entries ${from} to ${to - 1} are missing`;
  const message = to < from ? `entry ${to} stands a second time, behind ${from - 1}` : which;
  return { verdict: 'integrity', code: 'E_SEQ', index: Math.min(from, to), message };
}
