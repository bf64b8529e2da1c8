/** One line of two texts laid beside each other. */
export interface ComparedLine {
  readonly kind: 'same' | 'gone' | 'come';
  readonly text: string;
}

/** Above this many pairs of lines, what lies between the first and the last change is shown whole. */
const maxPairs = 1_000_000;

/** The lines that differ: `- ` for those that went, `+ ` for those that came, in order. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly string[] {
  return compareLines(before, after).flatMap(({ kind, text }) =>
    kind === 'same' ? [] : [`${kind === 'gone' ? '-' : '+'} ${text}`],
  );
}

/** Every line of both, in order. */
export function compareLines(
  before: readonly string[],
  after: readonly string[],
): readonly ComparedLine[] {
  const start = sharedLength(before, after);
  const end = sharedLength(before.slice(start).toReversed(), after.slice(start).toReversed());
  const gone = before.slice(start, before.length - end);
  const come = after.slice(start, after.length - end);
  const between =
    gone.length * come.length > maxPairs
      ? [...gone.map(lineThat('gone')), ...come.map(lineThat('come'))]
      : walk(gone, come);
  return [
    ...after.slice(0, start).map(lineThat('same')),
    ...between,
    ...after.slice(after.length - end).map(lineThat('same')),
  ];
}

function lineThat(kind: ComparedLine['kind']): (text: string) => ComparedLine {
  return (text) => ({ kind, text });
}

/** How many lines both begin with. */
function sharedLength(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((line, index) => line !== b[index]);
  return differs === -1 ? a.length : differs;
}

/** Follows the longest common subsequence from the top. */
function walk(gone: readonly string[], come: readonly string[]): readonly ComparedLine[] {
  const common = commonLengths(gone, come);
  const lines: ComparedLine[] = [];
  let [row, column] = [0, 0];
  while (row < gone.length || column < come.length) {
    const [old, fresh] = [gone[row], come[column]];
    if (old !== undefined && old === fresh) {
      lines.push({ kind: 'same', text: old });
      row += 1;
      column += 1;
    } else if (at(common, row + 1, column) >= at(common, row, column + 1)) {
      lines.push({ kind: 'gone', text: old ?? '' });
      row += 1;
    } else {
      lines.push({ kind: 'come', text: fresh ?? '' });
      column += 1;
    }
  }
  return lines;
}

/** How many lines the rests from (row, column) on have in common; 0 at the very end. */
function commonLengths(gone: readonly string[], come: readonly string[]): readonly number[][] {
  const table: number[][] = Array.from({ length: gone.length + 1 }, () => []);
  table[gone.length] = Array.from({ length: come.length + 1 }, () => 0);
  for (let row = gone.length - 1; row >= 0; row -= 1) {
    const lengths: number[] = [];
    lengths[come.length] = 0;
    for (let column = come.length - 1; column >= 0; column -= 1) {
      lengths[column] =
        gone[row] === come[column]
          ? at(table, row + 1, column + 1) + 1
          : Math.max(at(table, row + 1, column), lengths[column + 1] ?? 0);
    }
    table[row] = lengths;
  }
  return table;
}

/** Past an end there is nothing to follow. */
function at(table: readonly (readonly number[])[], row: number, column: number): number {
  return table[row]?.[column] ?? -1;
}
