import type { Engine } from '../engine.ts';
import type { Finding } from '../reports.ts';

/** What `doctor` says of reviews that are owed; one that nobody gave in time is not well. */
export async function examineDebts({ store, clock }: Engine): Promise<readonly Finding[]> {
  const debts = await store.listDebts(true);
  const nowMs = clock.now().wallMs;
  const overdue = debts.filter(({ due }) => nowMs >= Date.parse(due));
  if (debts.length === 0) {
    return [];
  }
  const named = (overdue.length > 0 ? overdue : debts).map(
    ({ request, scope, due }) => `\`${request}\` in \`${scope}\` by ${due}`,
  );
  const count = `${debts.length} ${debts.length === 1 ? 'review is' : 'reviews are'} owed`;
  return [
    {
      name: 'break-glass',
      ok: overdue.length === 0,
      message:
        overdue.length === 0
          ? `${count}: ${named.join(', ')}`
          : `${count}, OVERDUE: ${named.join(', ')}`,
      hint:
        overdue.length === 0
          ? null
          : 'somebody who did not act reviews it: `runbook break-glass list`',
    },
  ];
}
