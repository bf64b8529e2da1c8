import { sanitizeLine } from '../../base/sanitize.ts';
import { textWidth, wrapText } from '../../base/wrap.ts';

/** A text, and how it is painted once it has been measured. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/**
 * Rows in columns two spaces apart; the last column wraps at the window. Where it would be squeezed, or a
 * word in it broken, it stands below its row instead. Ends in a newline; no rows are an empty text.
 */
export function renderTable(given: readonly (readonly Cell[])[], columns: number): string {
  const rows = given.map((row) => row.map(fit));
  const widths = columnWidths(rows);
  const before = widths.reduce((sum, width) => sum + width + 2, 0);
  const below = standsBelow(rows, { room: columns - before, columns });
  return rows.map((row) => renderRow(row, { widths, before, below, columns })).join('');
}

/** Much of it was said by a journal or a server, which may be hostile: it must not steer the terminal. */
function fit(cell: Cell): Cell {
  return { ...cell, text: cell.text.split('\n').map(sanitizeLine).join('\n') };
}

function standsBelow(
  rows: readonly (readonly Cell[])[],
  { room, columns }: { readonly room: number; readonly columns: number },
): boolean {
  const lines = rows.flatMap((row) => (row.at(-1)?.text ?? '').split('\n'));
  const squeezed = room < columns / 2 && room < 40;
  const words = lines.flatMap((line) => line.split(' ')).map(textWidth);
  return (
    (squeezed && lines.some((line) => textWidth(line) > room)) ||
    words.some((width) => width > room && width <= columns - indentBelow)
  );
}

const indentBelow = 4;

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

function renderRow(row: readonly Cell[], layout: Layout): string {
  const { widths, before, below, columns } = layout;
  const last = row.at(-1);
  const heads = row.slice(0, -1).map((cell, at) => ({
    text: `${painted(cell, cell.text)}${' '.repeat((widths[at] ?? 0) - textWidth(cell.text))}`,
    width: widths[at] ?? 0,
  }));
  const lines = wrapText(last?.text ?? '', columns - (below ? indentBelow : before)).map((line) =>
    last === undefined ? line : painted(last, line),
  );
  const isEmpty = last === undefined || last.text === '';
  if (below || isEmpty) {
    const all = [...flow(heads, columns), ...(isEmpty ? [] : lines)];
    return `${all.join(`\n${' '.repeat(indentBelow)}`)}\n`;
  }
  const lead = heads.map(({ text }) => `${text}  `).join('');
  return `${lead}${lines.join(`\n${' '.repeat(before)}`)}\n`;
}

/** Cells on as few lines as hold them: where even these do not fit beside each other. */
function flow(
  cells: readonly { readonly text: string; readonly width: number }[],
  columns: number,
): readonly string[] {
  const lines: string[] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const { text, width } of cells) {
    const line = lines.at(-1);
    if (line === undefined || used + 2 + width > columns) {
      lines.push(text);
      used = width + (lines.length === 1 ? 0 : indentBelow);
    } else {
      lines[lines.length - 1] = `${line}  ${text}`;
      used += 2 + width;
    }
  }
  return lines.map((line) => line.trimEnd());
}

function painted({ paint }: Cell, text: string): string {
  return paint === undefined || text === '' ? text : paint(text);
}
