/**
 * A text with `${{ … }}` in it, taken apart. The end of an expression is found by reading its strings
 * and braces, so `${{ {"a": {"b": "}}"}} }}` is one. A literal `${{` is written `${{ "${{" }}`.
 */
export type Template = readonly (string | Hole)[];

export interface Hole {
  readonly expression: string;
  /** Where the expression starts in the text. */
  readonly offset: number;
}

/** A `${{` that is never closed, or holds nothing. */
export interface TemplateProblem {
  readonly message: string;
  readonly hint: string;
  readonly offset: number;
}

/** The pieces in order, empty ones left out, or what is wrong. */
export function parseTemplate(text: string): Template | TemplateProblem {
  const pieces: (string | Hole)[] = [];
  let from = 0;
  for (let open = text.indexOf('${{'); open !== -1; open = text.indexOf('${{', from)) {
    const end = templateEnd(text, open);
    if (end === null) {
      return { message: 'this `${{` is never closed', hint: 'put `}}` behind it', offset: open };
    }
    const inner = text.slice(open + 3, end - 2);
    if (inner.trim() === '') {
      return { message: '`${{ }}` is empty', hint: 'name the value you mean', offset: open };
    }
    const offset = open + 3 + (inner.length - inner.trimStart().length);
    pieces.push(text.slice(from, open), { expression: inner.trim(), offset });
    from = end;
  }
  return [...pieces, text.slice(from)].filter((piece) => piece !== '');
}

/** True where there is nothing to fill in. */
export function isLiteral(text: string): boolean {
  return !text.includes('${{');
}

/** The one hole of a template that is nothing else: its value keeps its type. */
export function wholeHole(template: Template): Hole | null {
  const [piece] = template;
  return template.length === 1 && typeof piece === 'object' ? piece : null;
}

/** `if`, `that` and outputs take an expression bare or in `${{ }}`; this is it, bare, with its place. */
export function bareExpression(text: string): Hole {
  const template = parseTemplate(text.trim());
  const hole = 'message' in template ? null : wholeHole(template);
  const lead = text.length - text.trimStart().length;
  return hole === null
    ? { expression: text.trim(), offset: lead }
    : { expression: hole.expression, offset: hole.offset + lead };
}

/** Index behind the `}}` that closes the `${{` at `open`, or null. */
export function templateEnd(text: string, open: number): number | null {
  let depth = 0;
  let at = open + 3;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === '"' || character === "'") {
      at = endOfString(text, at);
      continue;
    }
    if (depth === 0 && text.startsWith('}}', at)) {
      return at + 2;
    }
    depth += character === '{' ? 1 : 0;
    depth -= character === '}' ? 1 : 0;
    at += 1;
  }
  return null;
}

/** Index behind the CEL string that starts at `open`: raw or not, in one or three quotes. */
function endOfString(text: string, open: number): number {
  const mark = text.charAt(open);
  const quote = text.startsWith(mark.repeat(3), open) ? mark.repeat(3) : mark;
  const raw = /[rR][bB]?$/.test(text.slice(Math.max(0, open - 2), open));
  let at = open + quote.length;
  while (at < text.length && !text.startsWith(quote, at)) {
    at += text.charAt(at) === '\\' && !raw ? 2 : 1;
  }
  return at + quote.length;
}
