/** Anything shorter would blot out ordinary text, and its blots would tell where it stands. */
const minBytes = 3;

/**
 * Every spelling of a secret that output is searched for: as it is, JSON-escaped, percent-encoded, and
 * in base64 wherever in a longer base64 text it stands; for a secret of several lines each line as well,
 * without its indentation. Secrets, lines and spellings under 3 bytes are left out.
 * Not covered: base64 broken into lines, compression, encryption, and whatever else a program computes.
 */
export function secretVariants(secret: string): readonly string[] {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const spellings = [secret, ...lines]
    .filter(isLongEnough)
    .flatMap((text) => [
      text,
      ...jsonSpellings(text),
      ...percentSpellings(Buffer.from(text)),
      ...base64Spellings(Buffer.from(text)),
    ]);
  return [...new Set(spellings)].filter(isLongEnough);
}

function isLongEnough(text: string): boolean {
  return Buffer.byteLength(text) >= minBytes;
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

/** What different encoders leave as it is: RFC 3986, encodeURIComponent, encodeURI, HTML forms. */
const unescaped = [/[\w.~-]/, /[\w.~!*'()-]/, /[\w.~!*'()\-;,/?:@&=+$#]/, /[\w.*-]/];

function percentSpellings(bytes: Buffer): readonly string[] {
  return unescaped
    .map((keep) => [...bytes].map((byte) => percent(byte, keep)).join(''))
    .flatMap((spelling) => [spelling, spelling.replaceAll('%20', '+')])
    .flatMap((spelling) => [spelling, spelling.replace(/%../g, (code) => code.toLowerCase())]);
}

function percent(byte: number, keep: RegExp): string {
  const character = String.fromCharCode(byte);
  return keep.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
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
