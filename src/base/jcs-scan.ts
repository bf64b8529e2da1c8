/** Nothing canonical that we store is deeper; `jcs.ts` refuses what is. */
const maxDepth = 100;

/**
 * Whether the bytes are plainly their own canonical form in the strict profile of `jcs.ts`: one pass that
 * builds nothing. True is certain. False says only that a full look is needed: keys beyond ASCII or with
 * escapes, `\u` escapes and numbers of 16 digits are left to that, besides whatever is wrong. The caller
 * knows that the bytes are UTF-8.
 */
export function isPlainlyCanonical(bytes: Buffer): boolean {
  return scanValue(bytes, 0, 0) === bytes.length;
}

/** Where a value that begins at `at` ends; -1 where it is not plainly canonical. */
function scanValue(bytes: Buffer, at: number, depth: number): number {
  switch (byteAt(bytes, at)) {
    case 0x22:
      return scanString(bytes, at + 1);
    case 0x7b:
      return depth < maxDepth ? scanObject(bytes, at + 1, depth + 1) : -1;
    case 0x5b:
      return depth < maxDepth ? scanArray(bytes, at + 1, depth + 1) : -1;
    case 0x74:
      return scanWord(bytes, at, 'true');
    case 0x66:
      return scanWord(bytes, at, 'false');
    case 0x6e:
      return scanWord(bytes, at, 'null');
    default:
      return scanInteger(bytes, at);
  }
}

function scanObject(bytes: Buffer, from: number, depth: number): number {
  if (bytes[from] === 0x7d) {
    return from + 1;
  }
  let before: Span | null = null;
  for (let at = from; ; at += 1) {
    const key = scanKey(bytes, at);
    if (key === null || (before !== null && !isBefore(bytes, before, key))) {
      return -1;
    }
    before = key;
    at = scanValue(bytes, key.to + 2, depth);
    if (at < 0 || bytes[at] !== 0x2c) {
      return pastClosing(bytes, at, 0x7d);
    }
  }
}

function scanArray(bytes: Buffer, from: number, depth: number): number {
  if (bytes[from] === 0x5d) {
    return from + 1;
  }
  for (let at = from; ; at += 1) {
    at = scanValue(bytes, at, depth);
    if (at < 0 || bytes[at] !== 0x2c) {
      return pastClosing(bytes, at, 0x5d);
    }
  }
}

function pastClosing(bytes: Buffer, at: number, closing: number): number {
  return at >= 0 && bytes[at] === closing ? at + 1 : -1;
}

/** Bytes `from <= at < to`. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Strictly: a key that stands twice is not before itself. ASCII sorts by bytes as it does by UTF-16. */
function isBefore(bytes: Buffer, one: Span, other: Span): boolean {
  const shorter = Math.min(one.to - one.from, other.to - other.from);
  for (let at = 0; at < shorter; at += 1) {
    const difference = byteAt(bytes, one.from + at) - byteAt(bytes, other.from + at);
    if (difference !== 0) {
      return difference < 0;
    }
  }
  return one.to - one.from < other.to - other.from;
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? -1;
}

/** A key in its quotes and with its colon, that stands for itself; null for any other. */
function scanKey(bytes: Buffer, quote: number): Span | null {
  if (bytes[quote] !== 0x22) {
    return null;
  }
  for (let at = quote + 1; ; at += 1) {
    const byte = byteAt(bytes, at);
    if (byte === 0x22) {
      return bytes[at + 1] === 0x3a ? { from: quote + 1, to: at } : null;
    }
    if (byte < 0x20 || byte === 0x5c || byte >= 0x80) {
      return null;
    }
  }
}

function scanString(bytes: Buffer, from: number): number {
  for (let at = from; ; at += 1) {
    const byte = byteAt(bytes, at);
    if (byte === 0x22) {
      return at + 1;
    }
    if (byte === 0x5c) {
      at += 1;
      if (!isShortEscape(byteAt(bytes, at))) {
        return -1;
      }
    } else if (byte < 0x20) {
      return -1;
    }
  }
}

/** RFC 8785 3.2.2.2: the two-character escapes, each the one spelling of what it stands for: `" \ b f n r t`. */
function isShortEscape(byte: number): boolean {
  return (
    byte === 0x22 ||
    byte === 0x5c ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  );
}

function scanWord(bytes: Buffer, from: number, word: string): number {
  for (let at = 0; at < word.length; at += 1) {
    if (bytes[from + at] !== word.charCodeAt(at)) {
      return -1;
    }
  }
  return from + word.length;
}

/** At most 15 digits, which are safe, no zero in front, and no -0. */
function scanInteger(bytes: Buffer, from: number): number {
  const first = bytes[from] === 0x2d ? from + 1 : from;
  let at = first;
  while (byteAt(bytes, at) >= 0x30 && byteAt(bytes, at) <= 0x39) {
    at += 1;
  }
  const isOnlyZero = bytes[first] === 0x30;
  const fits = isOnlyZero ? at === first + 1 && first === from : at > first && at - first <= 15;
  return fits ? at : -1;
}
