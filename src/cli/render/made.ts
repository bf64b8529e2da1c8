import type { Cli } from '../cli.ts';
import { resultStyle } from '../styles.ts';
import { renderTable } from './table.ts';

/** One thing that a set-up wants to be there. */
export interface Made {
  readonly what: string;
  /** False where it was there already: then it was left as it is. */
  readonly made: boolean;
  readonly about: string;
}

/** What was made, and what was kept. */
export function renderMade(rows: readonly Made[], cli: Cli): string {
  const { paint, columns } = resultStyle(cli);
  return renderTable(
    rows.map(({ what, made, about }) => [
      made ? { text: 'made', paint: paint.good } : { text: 'kept', paint: paint.quiet },
      { text: what },
      { text: made ? about : '' },
    ]),
    columns,
  );
}
