/** What Slack would read as markup or an entity, in plain text too. */
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Data for a text that Slack parses (docs.slack.dev, "Formatting message text"): no mention, no link. */
function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => entities[character] ?? character);
}

/** A plain text object: no markup, and `:smile:` stays what it is. */
export interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}

/** Data as plain text of at most `limit` characters once escaped; a shorter text ends in `…`. */
export function plainText(text: string, limit: number): PlainText {
  return { type: 'plain_text', text: escapeWithin(text, limit), emoji: false };
}

/** True where `plainText` would show all of it. */
export function fitsPlain(text: string, limit: number): boolean {
  return escapeText(text).length <= limit;
}

/** Escaped character by character, so that neither an entity nor a surrogate pair is ever cut in two. */
function escapeWithin(text: string, limit: number): string {
  if (fitsPlain(text, limit)) {
    return escapeText(text);
  }
  let shown = '';
  for (const character of text) {
    const next = shown + escapeText(character);
    if (next.length > limit - 1) {
      break;
    }
    shown = next;
  }
  return `${shown}…`;
}
