/** Text that is markup: made by `html` alone, so that data never becomes markup by itself. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | null | false | readonly Part[];

/**
 * Markup with values in it. Strings and numbers are escaped for text and for quoted attributes; null and
 * false are nothing; markup stays what it is. Attribute values must be quoted in the template.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const made = new Made(String.raw({ raw: strings.raw }, ...parts.map(markupOf)));
  return made;
}

/** Only what this module made counts as markup: an object of the same shape, from JSON perhaps, does not. */
class Made implements Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

function markupOf(part: Part): string {
  if (part === null || part === false) {
    return '';
  }
  if (part instanceof Made) {
    return part.markup;
  }
  if (isList(part)) {
    return part.map(markupOf).join('');
  }
  return escapeText(typeof part === 'object' ? '' : String(part));
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
