import { UsageError } from '../../base/errors.ts';
import { owedReview } from '../../run/owed-review.ts';
import type { RequestRecord, RunState } from '../../run/state.ts';

/** What was done under a break-glass request. Throws UsageError `nothing_to_review`. */
export function requireOwed(
  state: RunState,
  record: RequestRecord,
): NonNullable<ReturnType<typeof owedReview>> {
  const found = owedReview(state, record);
  if (found === null) {
    throw new UsageError({
      code: 'nothing_to_review',
      message: `nothing was done under break-glass by request \`${record.content.id}\``,
      hint: '`runbook break-glass list --all` lists what was',
    });
  }
  return found;
}
