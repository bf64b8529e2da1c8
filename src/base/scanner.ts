import type { ByteMatcher } from './byte-matcher.ts';
import { addSpan, type Span } from './spans.ts';

/** Looks for needles in output as it comes. */
export interface Scanner {
  /** Reads on. Answers the occurrences whose last byte has now been read, in order, merged. */
  read(chunk: Buffer): readonly Span[];
  /** The same for what it had put off: nothing more comes. */
  end(): readonly Span[];
  /** Where an occurrence may have begun that is not complete yet; the end of what was read if none has. */
  beginning(): number;
}

/** The needles byte by byte. */
export function scanBytes({ column, columns, next, depth, matched }: ByteMatcher): Scanner {
  let state = 0;
  let seen = 0;
  return {
    read(chunk) {
      const spans: Span[] = [];
      for (let at = 0; at < chunk.length; at += 1) {
        state = next[state * columns + (column[chunk[at] ?? 0] ?? 0)] ?? 0;
        const length = matched[state] ?? 0;
        if (length > 0) {
          addSpan(spans, { from: seen + at + 1 - length, to: seen + at + 1 });
        }
      }
      seen += chunk.length;
      return spans;
    },
    end: () => [],
    beginning: () => seen - (depth[state] ?? 0),
  };
}
