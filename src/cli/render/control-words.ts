/** So many entries are listed; of more, only how many. */
const listed = 12;

/** ` [5, 9, 12–14, …]`; nothing where there are none. Neighbours are drawn together. */
export function listIndexes(indexes: readonly number[]): string {
  if (indexes.length === 0) {
    return '';
  }
  const ranges: { from: number; to: number }[] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last?.to === index - 1) {
      last.to = index;
    } else {
      ranges.push({ from: index, to: index });
    }
  }
  const shown = ranges
    .slice(0, listed)
    .map(({ from, to }) => (from === to ? String(from) : `${from}–${to}`));
  return ` [${shown.join(', ')}${ranges.length > listed ? ', …' : ''}]`;
}

export function periodOf(of: { readonly from: string | null; readonly to: string | null }): string {
  return `from ${of.from ?? 'the beginning'} to ${of.to ?? 'now'}`;
}

export function verdictWord(ok: boolean | null): string {
  if (ok === null) {
    return 'not judged';
  }
  return ok ? 'ok' : 'NOT OK';
}

export function upper(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
