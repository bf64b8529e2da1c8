import { textWidth, wrapText } from '../../base/wrap.ts';

/** A text, and how it is painted once it has been measured. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/**
 * Rows in columns two spaces apart; the last column wraps at the window. Where the window leaves it less
 * than half, it stands below its row instead. Ends in a newline; no rows are an empty text.
 */
export function renderTable(rows: readonly (readonly Cell[])[], columns: number): string {
  const widths = columnWidths(rows);
  const before = widths.reduce((sum, width) => sum + width + 2, 0);
  const below = columns - before < columns / 2 && columns - before < 40;
  return rows.map((row) => renderRow(row, { widths, before, below, columns })).join('');
}

interface Layout {
  /** Of every column but the last. */
  readonly widths: readonly number[];
  readonly before: number;
  readonly below: boolean;
  readonly columns: number;
}

function columnWidths(rows: readonly (readonly Cell[])[]): readonly number[] {
  const count = Math.max(0, ...rows.map((row) => row.length - 1));
  return Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => textWidth(row[column]?.text ?? ''))),
  );
}

function renderRow(row: readonly Cell[], { widths, before, below, columns }: Layout): string {
  const heads = row.slice(0, -1).map((cell, at) => {
    const gap = ' '.repeat((widths[at] ?? 0) - textWidth(cell.text));
    return `${painted(cell, cell.text)}${gap}`;
  });
  const last = row.at(-1);
  const indent = below ? 4 : before;
  const lines = wrapText(last?.text ?? '', columns - indent).map((line) =>
    last === undefined ? line : painted(last, line),
  );
  const first = heads.join('  ').trimEnd();
  if (last === undefined || last.text === '') {
    return `${first}\n`;
  }
  if (below) {
    return [first, ...lines.map((line) => `    ${line}`)].join('\n').concat('\n');
  }
  const lead = heads.length === 0 ? '' : `${heads.join('  ')}  `;
  return `${lead}${lines.join(`\n${' '.repeat(before)}`)}\n`;
}

function painted({ paint }: Cell, text: string): string {
  return paint === undefined || text === '' ? text : paint(text);
}
