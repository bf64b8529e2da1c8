/** Anything shorter would blot out ordinary text, and its blots would tell where it stands. */
export const minSecretBytes = 3;

/** Whether output can be searched for it. */
export function isMaskable(secret: string): boolean {
  return Buffer.byteLength(secret) >= minSecretBytes;
}

/**
 * Every spelling of a secret that output is searched for: as it is, JSON-escaped, and in base64 wherever
 * in a longer base64 text it stands; for a secret of several lines each line as well, without its
 * indentation. Secrets, lines and spellings under 3 bytes are left out. Percent-encoding has too many
 * spellings to list: see `percentNeedles`.
 * Not covered: base64 broken into lines, compression, encryption, and whatever else a program computes.
 */
export function secretVariants(secret: string): readonly string[] {
  const spellings = partsOf(secret).flatMap((text) => [
    text,
    ...jsonSpellings(text),
    ...base64Spellings(Buffer.from(text)),
  ]);
  return [...new Set(spellings)].filter(isMaskable);
}

/** What to look for in output whose percent-encoding has been undone; forms write a blank as `+`. */
export function percentNeedles(secret: string): readonly string[] {
  return [...new Set(partsOf(secret).flatMap((text) => [text, text.replaceAll(' ', '+')]))];
}

function partsOf(secret: string): readonly string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  return [secret, ...lines].filter(isMaskable);
}

/** JSON leaves a choice: what is not ASCII, `/` and `<>&` may be escaped, in hex of either case. */
function jsonSpellings(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const ascii = plain.replace(/[^ -~]/g, escapeUnit);
  const html = plain.replace(/[<>&\u2028\u2029]/g, escapeUnit);
  return [plain, ascii, html]
    .flatMap((spelling) => [spelling, spelling.replaceAll('/', '\\/')])
    .flatMap((spelling) => [spelling, spelling.replace(/\\u[0-9a-f]{4}/g, upperHex)]);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function upperHex(escape: string): string {
  return escape.slice(0, 2) + escape.slice(2).toUpperCase();
}

/**
 * Base64 packs three bytes into four characters, so the same bytes look different after 0, 1 or 2 others.
 * For each, the characters that depend on the secret alone; and the whole text, with what ends it.
 */
function base64Spellings(bytes: Buffer): readonly string[] {
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const bits = (before + bytes.length) * 8;
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  });
  const whole = bytes.toString('base64');
  return [...inside, whole, whole.replace(/=+$/, '')].flatMap((text) => [
    text,
    text.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}
