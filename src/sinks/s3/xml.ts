/** An element without its attributes. It has text or children, never both. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

/**
 * Reads the little XML that S3 answers with; null for anything else. Comments, CDATA, document types,
 * processing instructions, entities but the five of XML and text between elements are all something else:
 * nothing here is worth an attack on whoever reads it.
 */
export function parseXml(text: string): XmlElement | null {
  const root: Open = { name: '', text: '', children: [] };
  const path = [root];
  for (let at = afterDeclaration(text); at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null || !take(found, path)) {
      return null;
    }
  }
  const [only, ...more] = root.children;
  return path.length === 1 && more.length === 0 && root.text.trim() === '' ? (only ?? null) : null;
}

/** The text of the one child of that name; null where there is none, or several. */
export function childText(element: XmlElement, name: string): string | null {
  const [only, ...more] = element.children.filter((child) => child.name === name);
  return only === undefined || more.length > 0 ? null : only.text;
}

interface Open extends XmlElement {
  text: string;
  readonly children: XmlElement[];
}

const maxDepth = 8;

/** A tag with its attributes, or the text up to the next tag. */
const token = /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z:]+="[^"<]*")*)\s*(\/?)>|[^<]+/y;

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

function afterDeclaration(text: string): number {
  return /^\uFEFF?<\?xml [^?<>]*\?>/.exec(text)?.[0].length ?? 0;
}

/** Whether the token may stand where it does. */
function take(found: RegExpExecArray, path: Open[]): boolean {
  const [whole, close, name, attributes, empty] = found;
  const inside = path.at(-1);
  if (inside === undefined) {
    return false;
  }
  if (name === undefined) {
    const read = decode(whole);
    inside.text += read ?? '';
    return read !== null && isEitherOr(inside);
  }
  if (close === '/') {
    path.pop();
    return inside.name === name && attributes === '' && empty === '' && path.length > 0;
  }
  const element: Open = { name, text: '', children: [] };
  inside.children.push(element);
  if (empty === '') {
    path.push(element);
  }
  return path.length <= maxDepth && isEitherOr(inside);
}

/** White space between elements is layout; beside other text it is text. */
function isEitherOr({ text, children }: Open): boolean {
  return children.length === 0 || text.trim() === '';
}

function decode(text: string): string | null {
  const read = text.replace(/&[a-z]+;/g, (entity) => entities[entity] ?? '&');
  const escapes = text.match(/&/g)?.length ?? 0;
  const known = text.match(/&(?:amp|lt|gt|quot|apos);/g)?.length ?? 0;
  return escapes === known ? read : null;
}
