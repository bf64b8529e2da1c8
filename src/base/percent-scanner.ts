import { type ByteMatcher, buildMatcher } from './byte-matcher.ts';
import type { Scanner } from './scanner.ts';
import { addSpan, type Span } from './spans.ts';

/**
 * The needles in output whose percent-encoding is undone on the way: whichever bytes an encoder escapes
 * and in whichever case, the result is the same. An escape in which no needle can begin or go on is read
 * as three plain bytes, so that a `%` in front of a needle hides nothing. Where there is no escape for
 * longer than a needle nothing is looked for: `scanBytes` finds needles without any.
 */
export function scanPercentEncoded(needles: readonly Buffer[]): Scanner {
  const longest = Math.max(...needles.map((needle) => needle.length));
  const reader = new SymbolReader(buildMatcher(needles), longest);
  let seen = 0;
  return {
    read(chunk) {
      reader.spans = [];
      let escape = chunk.indexOf(percent);
      for (let at = 0; at < chunk.length; at += 1) {
        if (escape !== -1 && escape < at) {
          escape = chunk.indexOf(percent, at);
        }
        const skipped = (escape === -1 ? chunk.length : escape) - longest - at;
        if (skipped > 0 && reader.state === 0 && reader.pending === 0) {
          // The last bytes, as many as the longest needle has, decide the state alone.
          at += skipped;
        }
        reader.readByte(chunk[at] ?? 0, seen + at);
      }
      seen += chunk.length;
      return reader.spans;
    },
    end() {
      reader.spans = [];
      reader.readPlainly(seen);
      return reader.spans;
    },
    beginning: () => reader.beginning(seen),
  };
}

const percent = 0x25;

/** Reads symbols: plain bytes, and escapes that stand for one. Not exported: it is a scanner's own state. */
class SymbolReader {
  state = 0;
  /** Bytes of an escape that is not complete: `%`, or `%` and one digit. */
  pending = 0;
  spans: Span[] = [];
  readonly #matcher: ByteMatcher;
  /** Where each of the last symbols began: a match is told in symbols, which are one byte or three. */
  readonly #starts: Float64Array;
  readonly #digits = [0, 0];
  #symbols = 0;

  constructor(matcher: ByteMatcher, longest: number) {
    this.#matcher = matcher;
    this.#starts = new Float64Array(longest + 1);
  }

  readByte(byte: number, at: number): void {
    if (this.pending > 0) {
      this.#readInEscape(byte, at);
    } else if (byte === percent) {
      this.pending = 1;
    } else {
      this.#step(byte, at, at + 1);
    }
  }

  /** What was taken for an escape, up to `end`, as the plain bytes it is made of. */
  readPlainly(end: number): void {
    const bytes = [percent, ...this.#digits].slice(0, this.pending);
    this.pending = 0;
    for (const [index, byte] of bytes.entries()) {
      const at = end - bytes.length + index;
      this.#step(byte, at, at + 1);
    }
  }

  beginning(seen: number): number {
    const open = this.#matcher.depth[this.state] ?? 0;
    return open > 0 ? this.#startOf(open) : seen - this.pending;
  }

  #readInEscape(byte: number, at: number): void {
    if (!isHexDigit(byte)) {
      this.readPlainly(at);
      this.readByte(byte, at);
      return;
    }
    this.#digits[this.pending - 1] = byte;
    this.pending += 1;
    if (this.pending < 3) {
      return;
    }
    const value = Number.parseInt(String.fromCharCode(...this.#digits), 16);
    if (this.#matcher.depth[this.#after(value)] === 0) {
      this.readPlainly(at + 1);
    } else {
      this.pending = 0;
      this.#step(value, at - 2, at + 1);
    }
  }

  #step(byte: number, from: number, to: number): void {
    this.state = this.#after(byte);
    this.#starts[this.#symbols % this.#starts.length] = from;
    this.#symbols += 1;
    const length = this.#matcher.matched[this.state] ?? 0;
    if (length > 0) {
      addSpan(this.spans, { from: this.#startOf(length), to });
    }
  }

  #after(byte: number): number {
    const { next, columns, column } = this.#matcher;
    return next[this.state * columns + (column[byte] ?? 0)] ?? 0;
  }

  /** Where the last `length` symbols began. */
  #startOf(length: number): number {
    return this.#starts[(this.#symbols - length) % this.#starts.length] ?? 0;
  }
}

function isHexDigit(byte: number): boolean {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
