import type { Finding } from '../../audit/finding.ts';

/** An index that says otherwise than the entry at `index`. */
export function indexFinding(index: number, message: string): Finding {
  return { verdict: 'integrity', code: 'E_INDEX', index, message };
}

/** `what` was ended by an entry (null: by none), and its row does not know: it would let a commit pass. */
export function forgottenEnd(
  what: string,
  ended: number | null,
  row: { readonly revoked: string | null },
): readonly Finding[] {
  return ended !== null && row.revoked === null
    ? [indexFinding(ended, `${what} was revoked, but its index says that it stands`)]
    : [];
}
