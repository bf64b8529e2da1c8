import type { DebtReport } from '../../approval/debt.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { Cli } from '../cli.ts';
import { describeOwed } from '../render/owed.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export async function runBreakGlassList(
  cli: Cli,
  { all }: { readonly all?: true },
): Promise<number> {
  const service = await cli.openService();
  const debts = await service.breakGlass(all === true);
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ break_glass: debts }, () => renderDebts(debts, resultStyle(cli), nowMs));
  const owed = debts.find(({ review }) => review === null);
  if (owed !== undefined) {
    cli.say(
      `\nreview one: runbook break-glass review ${owed.request} --finding justified --reason TEXT --key FILE (or unjustified)`,
    );
  } else if (debts.length === 0) {
    cli.say(all === true ? 'nobody has broken the glass yet' : 'no review is owed');
  }
  return 0;
}

function renderDebts(debts: readonly DebtReport[], style: Style, nowMs: number): string {
  const { strong, bad, careful, good } = style.paint;
  return renderTable(
    debts.map((debt) => [
      { text: debt.request, paint: strong },
      {
        text: describeOwed(debt, nowMs),
        paint: debt.overdue ? bad : debt.review === null ? careful : good,
      },
      { text: debt.scope },
      {
        text: `${debt.runbook} ${debt.step} by ${debt.by.join(', ')}: ${sanitizeLine(debt.reason ?? 'no reason given')}`,
      },
    ]),
    style.columns,
  );
}
