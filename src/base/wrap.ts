/** Cells a text takes up in a terminal: wide characters two, combining marks none. */
export function textWidth(text: string): number {
  let cells = 0;
  for (const character of text) {
    cells += cellsOf(character);
  }
  return cells;
}

/**
 * Lines of at most `width` cells, broken at single spaces; a word that is wider goes over several lines,
 * each but the last ending in `mark`. Nothing but the space at a break is ever left out, so with a mark
 * the text can be read back.
 */
export function wrapText(text: string, width: number, mark = ''): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, Math.max(2, width), mark));
}

/** As `wrapText`, but breaks anywhere and drops nothing: the pieces joined are the line. For code. */
export function breakLine(line: string, width: number): readonly string[] {
  if (line.length <= width && narrow.test(line)) {
    return [line];
  }
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const character of line) {
    const cells = cellsOf(character);
    if (used + cells > Math.max(1, width) && piece !== '') {
      pieces.push(piece);
      piece = '';
      used = 0;
    }
    piece += character;
    used += cells;
  }
  return [...pieces, piece];
}

/** Nothing but characters of one cell each. */
const narrow = /^[^\u0300-\uffff]*$/;

function wrapLine(line: string, width: number, mark: string): string[] {
  const lines: string[] = [];
  let current: string | null = null;
  // Runs of spaces belong to the word before them: a break stands for exactly one.
  for (const word of line.split(/(?<=[^ ]) (?! )/)) {
    const joined: string = current === null ? word : `${current} ${word}`;
    if (textWidth(joined) <= width) {
      current = joined;
      continue;
    }
    if (current !== null) {
      lines.push(current);
    }
    const pieces = textWidth(word) <= width ? [word] : breakLine(word, width - textWidth(mark));
    lines.push(...pieces.slice(0, -1).map((piece) => `${piece}${mark}`));
    current = pieces.at(-1) ?? '';
  }
  return [...lines, current ?? ''];
}

const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

function cellsOf(character: string): number {
  // Nearly everything is ASCII: no expression engine for it.
  if (character.length === 1 && character < '\u0300') {
    return 1;
  }
  if (/\p{M}/u.test(character)) {
    return 0;
  }
  return wide.test(character) ? 2 : 1;
}
