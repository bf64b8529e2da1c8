/** A word as a shell reads it: plain ones stay as they are; the rest is quoted, so that its ends are seen. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
