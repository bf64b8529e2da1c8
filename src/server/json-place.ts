/** What stops a text from being JSON, and where: 1-based, columns in UTF-16 units. */
export interface JsonProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Deeper than any body needs; what walks values by recursion must not be felled by one. */
const maxDepth = 64;

/**
 * The first thing in `text` that is not JSON (RFC 8259), or lies too deep; null where there is none. The
 * message never quotes the text: a body may hold secrets.
 */
export function findJsonProblem(text: string): JsonProblem | null {
  const state: State = { open: [], expects: 'value' };
  let at = 0;
  while (at < text.length) {
    const token = tokenAt(text, at);
    const wrong = token === null ? `expected ${words[state.expects]}` : step(state, token.kind);
    if (wrong !== null) {
      return { ...placeOf(text, skipSpace(text, at)), message: wrong };
    }
    at = token?.end ?? text.length;
  }
  return state.expects === 'end'
    ? null
    : { ...placeOf(text, text.length), message: `ends, but expected ${words[state.expects]}` };
}

interface State {
  readonly open: ('{' | '[')[];
  expects: Expected;
}

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or }' | ', or ]' | 'end';
type Kind = '{' | '}' | '[' | ']' | ':' | ',' | 'text' | 'scalar' | 'space';

const words: Readonly<Record<Expected, string>> = {
  value: 'a value',
  'value or ]': 'a value or `]`',
  key: 'a key in double quotes',
  'key or }': 'a key in double quotes or `}`',
  ':': '`:`',
  ', or }': '`,` or `}`',
  ', or ]': '`,` or `]`',
  end: 'nothing more',
};

const space = /[ \t\n\r]*/y;
const mark = /[{}[\]:,]/;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// oxlint-disable-next-line no-control-regex -- the grammar names them
const piece = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function tokenAt(text: string, from: number): { kind: Kind; end: number } | null {
  const start = skipSpace(text, from);
  const first = text.charAt(start);
  if (first === '') {
    return { kind: 'space', end: start };
  }
  if (mark.test(first)) {
    return { kind: first as Kind, end: start + 1 };
  }
  const end = first === '"' ? endOfText(text, start) : endOf(scalar, text, start);
  return end === null ? null : { kind: first === '"' ? 'text' : 'scalar', end };
}

/** Piece by piece, never back: one pattern for the whole would try every way to part what has no end. */
function endOfText(text: string, start: number): number | null {
  let at = start + 1;
  for (let end = endOf(piece, text, at); end !== null; end = endOf(piece, text, at)) {
    at = end;
  }
  return text[at] === '"' ? at + 1 : null;
}

/** Where this pattern, met at `from`, ends; null where it is not there. */
function endOf(pattern: RegExp, text: string, from: number): number | null {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : null;
}

function skipSpace(text: string, from: number): number {
  space.lastIndex = from;
  space.exec(text);
  return space.lastIndex;
}

/** Takes one token in; answers what is wrong with it here. */
function step(state: State, kind: Kind): string | null {
  const { expects } = state;
  if (kind === 'space') {
    return null;
  }
  if (expects.startsWith('value') && isValue(kind)) {
    return beginValue(state, kind);
  }
  if (expects.startsWith('key') && kind === 'text') {
    state.expects = ':';
  } else if (expects === ':' && kind === ':') {
    state.expects = 'value';
  } else {
    return continueOrClose(state, kind);
  }
  return null;
}

function continueOrClose(state: State, kind: Kind): string | null {
  const { expects } = state;
  if (kind === ',' && expects.startsWith(', or')) {
    state.expects = state.open.at(-1) === '{' ? 'key' : 'value';
    return null;
  }
  if ((kind === '}' || kind === ']') && expects.endsWith(`or ${kind}`)) {
    state.open.pop();
    state.expects = afterValue(state);
    return null;
  }
  return `expected ${words[expects]}`;
}

function isValue(kind: Kind): boolean {
  return kind === '{' || kind === '[' || kind === 'text' || kind === 'scalar';
}

function beginValue(state: State, kind: Kind): string | null {
  if (kind !== '{' && kind !== '[') {
    state.expects = afterValue(state);
    return null;
  }
  state.open.push(kind);
  state.expects = kind === '{' ? 'key or }' : 'value or ]';
  return state.open.length > maxDepth ? `nests deeper than ${maxDepth}` : null;
}

function afterValue({ open }: State): Expected {
  const last = open.at(-1);
  return last === undefined ? 'end' : last === '{' ? ', or }' : ', or ]';
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
