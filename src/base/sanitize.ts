import { lazy } from './lazy.ts';

/**
 * What a reader would not see, or would see somewhere else than it stands: controls, format characters
 * (bidi, zero-width, tags), lone surrogates, private and unassigned code points, line and paragraph
 * separators, every space but U+0020, variation selectors, blank letters such as the Hangul fillers.
 */
const unseen = lazy(
  () => /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu,
);

/** Nearly every text is this, and needs none of Unicode's tables: they take 4 ms to be put together. */
const plain = /^[ -~]*$/;

/**
 * Text from outside, fit for one line of a card, a terminal or a log: whatever is unseen stands there as
 * `\x1b` or `\u{202e}`, newlines and tabs too. Markup is the channel's own affair.
 */
export function sanitizeLine(text: string): string {
  return plain.test(text) ? text : text.replace(unseen(), showCharacter);
}

/** As `sanitizeLine`, but newlines and tabs stay: for scripts, output and diffs. */
export function sanitizeBlock(text: string): string {
  if (plain.test(text)) {
    return text;
  }
  return text.replace(unseen(), (character) =>
    character === '\n' || character === '\t' ? character : showCharacter(character),
  );
}

/** Alphabets whose letters pass for one another. */
const lookalikes = lazy(() => [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
]);

/** True for a word such as `pаyments` with a Cyrillic `а`: one word, several look-alike alphabets. */
export function hasMixedScripts(word: string): boolean {
  return lookalikes().filter((script) => script.test(word)).length > 1;
}

function showCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
}
