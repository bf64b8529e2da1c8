/**
 * Finds any number of needles in one pass (Aho-Corasick). A state is the longest beginning of a needle
 * that ends at the byte last read; state 0 is none.
 */
export interface ByteMatcher {
  /** Column of a byte in `next`; bytes that stand in no needle share column 0. */
  readonly column: Uint16Array;
  readonly columns: number;
  /** The state after one more byte: `next[state * columns + column[byte]]`. */
  readonly next: Int32Array;
  /** By state, the length of that beginning. */
  readonly depth: Int32Array;
  /** By state, the length of the longest needle that ends here; 0 where none does. */
  readonly matched: Int32Array;
}

/** Needles are not empty. One flat table of (all their bytes + 1) rows is all the memory it takes. */
export function buildMatcher(needles: readonly Buffer[]): ByteMatcher {
  const rows = needles.reduce((sum, needle) => sum + needle.length, 1);
  const { column, columns } = numberColumns(needles);
  const matcher: ByteMatcher = {
    column,
    columns,
    next: new Int32Array(rows * columns),
    depth: new Int32Array(rows),
    matched: new Int32Array(rows),
  };
  const states = growTrie(matcher, needles);
  linkStates(matcher, states);
  return matcher;
}

function numberColumns(needles: readonly Buffer[]) {
  const column = new Uint16Array(256);
  let columns = 1;
  for (const needle of needles) {
    for (const byte of needle) {
      if (column[byte] === 0) {
        column[byte] = columns;
        columns += 1;
      }
    }
  }
  return { column, columns };
}

/** The needles as a tree of their bytes. Answers the number of its states. */
function growTrie(matcher: ByteMatcher, needles: readonly Buffer[]): number {
  const { column, columns, next, depth, matched } = matcher;
  let states = 1;
  for (const needle of needles) {
    let state = 0;
    for (const [at, byte] of needle.entries()) {
      const cell = state * columns + get(column, byte);
      if (next[cell] === 0) {
        next[cell] = states;
        depth[states] = at + 1;
        states += 1;
      }
      state = get(next, cell);
    }
    matched[state] = needle.length;
  }
  return states;
}

/**
 * Fills the cells where the tree has no branch with where its longest proper suffix would go, nearest to
 * the root first: `suffix` is then always complete when it is asked.
 */
function linkStates(matcher: ByteMatcher, states: number): void {
  const { columns, next, matched } = matcher;
  const suffix = new Int32Array(states);
  const queue = [0];
  for (const state of queue) {
    for (let column = 0; column < columns; column += 1) {
      const cell = state * columns + column;
      const child = get(next, cell);
      const fallback = state === 0 ? 0 : get(next, get(suffix, state) * columns + column);
      if (child === 0) {
        next[cell] = fallback;
      } else {
        suffix[child] = fallback;
        matched[child] = Math.max(get(matched, child), get(matched, fallback));
        queue.push(child);
      }
    }
  }
}

function get(numbers: Uint16Array | Int32Array, at: number): number {
  return numbers[at] ?? 0;
}
