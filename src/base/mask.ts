import { buildMatcher } from './byte-matcher.ts';
import { scanPercentEncoded } from './percent-scanner.ts';
import { type Scanner, scanBytes } from './scanner.ts';
import { percentNeedles, secretVariants } from './secret-variants.ts';
import { mergeSpans, type Span } from './spans.ts';

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
 * percent-encoded in any way, and where chunks split it. Occurrences that overlap become one blot, so
 * that no part of any is left. How the output is split into chunks makes no difference to the result.
 */
export function createMasker(secrets: Iterable<string>): Masker {
  const scanners = scannersFor([...secrets]);
  if (scanners.length === 0) {
    return { push: (chunk) => chunk, end: () => Buffer.alloc(0) };
  }
  let held: Held = { bytes: Buffer.alloc(0), from: 0, spans: [] };
  const release = (chunk: Buffer, isEnd: boolean): Buffer => {
    const bytes = held.bytes.length === 0 ? chunk : Buffer.concat([held.bytes, chunk]);
    const found = scanners.flatMap((scanner) => [
      ...scanner.read(chunk),
      ...(isEnd ? scanner.end() : []),
    ]);
    const spans = mergeSpans([...held.spans, ...found]);
    const end = held.from + bytes.length;
    const cut = isEnd ? end : Math.min(...scanners.map((scanner) => scanner.beginning()));
    const size = cut - held.from;
    const shown = blotOut({ bytes: bytes.subarray(0, size), from: held.from, spans });
    held = {
      // Copied: the caller may use its chunk again.
      bytes: Buffer.from(bytes.subarray(size)),
      from: cut,
      spans: spans.filter((span) => span.to > cut),
    };
    return shown;
  };
  return {
    push: (chunk) => release(chunk, false),
    end: () => release(Buffer.alloc(0), true),
  };
}

/** A whole text at once. */
export function maskText(text: string, secrets: Iterable<string>): string {
  const masker = createMasker(secrets);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
}

function scannersFor(secrets: readonly string[]): readonly Scanner[] {
  const bytesOf = (texts: readonly string[]): Buffer[] =>
    [...new Set(texts)].map((text) => Buffer.from(text));
  const needles = secrets.flatMap(percentNeedles);
  return needles.length === 0
    ? []
    : [
        scanBytes(buildMatcher(bytesOf([...secrets.flatMap(secretVariants), ...needles]))),
        scanPercentEncoded(bytesOf(needles)),
      ];
}

/** What may be the beginning of a secret. */
interface Held {
  readonly bytes: Buffer;
  /** Offset of its first byte in the whole output. */
  readonly from: number;
  /** Occurrences that reach into it; of one that begins before it the blot has been shown. */
  readonly spans: readonly Span[];
}

/** The bytes with a blot for each span that begins in them; a span may reach beyond. */
function blotOut({ bytes, from: start, spans }: Held): Buffer {
  const pieces: Buffer[] = [];
  let shown = 0;
  for (const { from, to } of spans.filter((span) => span.from < start + bytes.length)) {
    if (from >= start) {
      pieces.push(bytes.subarray(shown, from - start), blot);
    }
    shown = to - start;
  }
  const rest = bytes.subarray(shown);
  return pieces.length === 0 ? rest : Buffer.concat([...pieces, rest]);
}
