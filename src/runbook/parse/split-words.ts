import { templateEnd } from '../template.ts';

/** A word of an `exec` string, quotes removed, `${{ … }}` kept as written. */
export interface Word {
  readonly text: string;
  /** Where it starts in the string. */
  readonly offset: number;
}

export interface WordProblem {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

/**
 * Splits an `exec` string into words as a shell would, before any value is filled in: a value can never
 * make a new word. `${{ … }}` is one atom, wherever it stands. What only a shell could do (pipes,
 * redirections, globs, variables) is an error unless quoted.
 */
export function splitWords(text: string): readonly Word[] | WordProblem {
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    at += /^\s*/.exec(text.slice(at))?.[0].length ?? 0;
    if (at >= text.length) {
      return words;
    }
    const word = readWord(text, at);
    if ('message' in word) {
      return word;
    }
    words.push({ text: word.text, offset: at });
    at = word.end;
  }
}

interface Piece {
  readonly text: string;
  readonly end: number;
}

function readWord(text: string, from: number): Piece | WordProblem {
  let word = '';
  let at = from;
  while (at < text.length && !/\s/.test(text.charAt(at))) {
    const piece = readPiece(text, at, at === from);
    if ('message' in piece) {
      return piece;
    }
    word += piece.text;
    at = piece.end;
  }
  return { text: word, end: at };
}

function readPiece(text: string, at: number, first: boolean): Piece | WordProblem {
  const character = text.charAt(at);
  if (text.startsWith('${{', at)) {
    return readHole(text, at);
  }
  if (character === "'" || character === '"') {
    return readQuoted(text, at);
  }
  if (character === '\\') {
    return { text: text.charAt(at + 1), end: at + 2 };
  }
  if ('|&;<>()$`*?['.includes(character) || (first && '~#'.includes(character))) {
    return shellSyntax(character, at);
  }
  return { text: character, end: at + 1 };
}

/** What stands in quotes; in double ones a backslash keeps the next `"` or `\`, as in a shell. */
function readQuoted(text: string, open: number): Piece | WordProblem {
  const quote = text.charAt(open);
  let word = '';
  let at = open + 1;
  while (at < text.length && text.charAt(at) !== quote) {
    const piece = quote === '"' ? readInDoubleQuotes(text, at) : readInSingleQuotes(text, at);
    if ('message' in piece) {
      return piece;
    }
    word += piece.text;
    at = piece.end;
  }
  return at < text.length
    ? { text: word, end: at + 1 }
    : {
        message: `this ${quote} is never closed`,
        hint: `put a second ${quote} behind it`,
        offset: open,
      };
}

function readInSingleQuotes(text: string, at: number): Piece | WordProblem {
  return text.startsWith('${{', at) ? readHole(text, at) : { text: text.charAt(at), end: at + 1 };
}

function readInDoubleQuotes(text: string, at: number): Piece | WordProblem {
  const character = text.charAt(at);
  if (character === '\\' && '"\\$`'.includes(text.charAt(at + 1))) {
    return { text: text.charAt(at + 1), end: at + 2 };
  }
  const expands = character === '`' || /^\$[\w({]/.test(text.slice(at, at + 2));
  return expands && !text.startsWith('${{', at)
    ? shellSyntax(character, at)
    : readInSingleQuotes(text, at);
}

function readHole(text: string, open: number): Piece | WordProblem {
  const end = templateEnd(text, open);
  return end === null
    ? { message: 'this `${{` is never closed', hint: 'put `}}` behind it', offset: open }
    : { text: text.slice(open, end), end };
}

function shellSyntax(character: string, offset: number): WordProblem {
  return {
    message: `\`${character}\` is for a shell, and \`exec\` starts none`,
    hint: `use \`run\`, or write \`'${character}'\` where the program itself should see it`,
    offset,
  };
}
