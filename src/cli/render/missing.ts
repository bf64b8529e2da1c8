import type { MissingApproval } from '../../engine/reports.ts';

/** Who is still missing: `2 of group:sre`, `another person`. Null where nobody is. */
export function describeMissing(missing: readonly MissingApproval[]): string | null {
  if (missing.length === 0) {
    return null;
  }
  return missing.map(describeSlot).join(', and ');
}

function describeSlot({ count, from }: MissingApproval): string {
  if (from.length === 0 || from.includes('*')) {
    return count === 1 ? 'another person' : `${count} other people`;
  }
  return `${count} of ${from.join(', ')}`;
}
