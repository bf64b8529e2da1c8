/** Text that is markup: made by `html` alone, so that data never becomes markup by itself. */
export interface Html {
  readonly markup: string;
  /** Nothing that was read from JSON, a form or a file has this key. */
  readonly [made]: true;
}

const made = Symbol('made by html');

export type Part = Html | string | number | null | false | readonly Part[];

/**
 * Markup with values in it. Strings and numbers are escaped for text and for quoted attributes; null and
 * false are nothing; lists are their members; markup stays what it is. Attribute values must be quoted in
 * the template, and nothing may stand in a tag's name, in a script or in a stylesheet.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = '', ...rest] = strings;
  const texts = rest.map((text, at) => markupOf(parts[at] ?? null) + text);
  return { markup: first + texts.join(''), [made]: true };
}

function markupOf(part: Part): string {
  if (part === null || part === false) {
    return '';
  }
  if (typeof part === 'string' || typeof part === 'number') {
    return escapeText(String(part));
  }
  if (isList(part)) {
    return part.map(markupOf).join('');
  }
  // An object of the same shape, cast to markup somewhere, has not got the key.
  return made in part ? part.markup : '';
}

function isList(part: Part): part is readonly Part[] {
  return Array.isArray(part);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
