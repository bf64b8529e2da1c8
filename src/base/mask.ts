import { type ByteMatcher, buildMatcher } from './byte-matcher.ts';
import { secretVariants } from './secret-variants.ts';

/** Takes output as it comes and gives it back without the secrets. */
export interface Masker {
  /** What can be told so far. Holds back only bytes with which a secret may begin. */
  push(chunk: Buffer): Buffer;
  /** The rest. */
  end(): Buffer;
}

const blot = Buffer.from('***');

/**
 * Puts `***` in place of every occurrence of every spelling of the secrets (see `secretVariants`), also
 * where chunks split it. Occurrences that overlap become one blot, so that no part of any is left. How
 * the output is split into chunks makes no difference to the result.
 */
export function createMasker(secrets: Iterable<string>): Masker {
  const variants = new Set([...secrets].flatMap(secretVariants));
  if (variants.size === 0) {
    return { push: (chunk) => chunk, end: () => Buffer.alloc(0) };
  }
  const matcher = buildMatcher([...variants].map((text) => Buffer.from(text)));
  let held: Held = { bytes: Buffer.alloc(0), blotted: 0 };
  const release = (chunk: Buffer, keepBeginnings: boolean): Buffer => {
    const bytes = held.bytes.length === 0 ? chunk : Buffer.concat([held.bytes, chunk]);
    const { spans, beginning } = findSpans(matcher, bytes, held.blotted);
    const cut = bytes.length - (keepBeginnings ? beginning : 0);
    const shown = blotOut(bytes.subarray(0, cut), spans);
    const lastEnd = spans.findLast((span) => span.from < cut)?.to ?? 0;
    // Copied: the caller may use its chunk again.
    held = { bytes: Buffer.from(bytes.subarray(cut)), blotted: Math.max(0, lastEnd - cut) };
    return shown;
  };
  return {
    push: (chunk) => release(chunk, true),
    end: () => release(Buffer.alloc(0), false),
  };
}

/** A whole text at once. */
export function maskText(text: string, secrets: Iterable<string>): string {
  const masker = createMasker(secrets);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
}

/** What may be the beginning of a secret; its first `blotted` bytes belong to a blot already shown. */
interface Held {
  readonly bytes: Buffer;
  readonly blotted: number;
}

interface Span {
  /** -1 where it continues a blot that has been shown. */
  readonly from: number;
  readonly to: number;
}

/** The occurrences, overlapping ones merged, in order; and how many last bytes may begin another. */
function findSpans(matcher: ByteMatcher, bytes: Buffer, blotted: number) {
  const { column, columns, next, matched } = matcher;
  const spans: Span[] = blotted > 0 ? [{ from: -1, to: blotted }] : [];
  let state = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    state = next[state * columns + (column[bytes[at] ?? 0] ?? 0)] ?? 0;
    const length = matched[state] ?? 0;
    if (length > 0) {
      addSpan(spans, { from: at + 1 - length, to: at + 1 });
    }
  }
  return { spans, beginning: matcher.depth[state] ?? 0 };
}

function addSpan(spans: Span[], span: Span): void {
  let { from } = span;
  for (let last = spans.at(-1); last !== undefined && last.to > from; last = spans.at(-1)) {
    from = Math.min(from, last.from);
    spans.pop();
  }
  spans.push({ from, to: span.to });
}

/** The bytes with a blot for each span that begins in them; a span may reach beyond. */
function blotOut(bytes: Buffer, spans: readonly Span[]): Buffer {
  const pieces: Buffer[] = [];
  let shown = 0;
  for (const { from, to } of spans.filter((span) => span.from < bytes.length)) {
    if (from >= 0) {
      pieces.push(bytes.subarray(shown, from), blot);
    }
    shown = to;
  }
  const rest = bytes.subarray(shown);
  return pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
}
