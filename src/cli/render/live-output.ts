import { StringDecoder } from 'node:string_decoder';
import { sanitizeBlock } from '../../base/sanitize.ts';
import { breakLine } from '../../base/wrap.ts';
import { plainText } from './plain.ts';
import type { Style } from './style.ts';

/** A step's output as it comes, line by line, indented and quiet. */
export interface LiveOutput {
  take(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Shows what is left of an unfinished line. */
  flush(): void;
}

/** Longest unfinished line that is kept waiting for its end. */
const maxPending = 16_384;

export function liveOutput(style: Style, show: (text: string) => void): LiveOutput {
  const readers = { stdout: lineReader(showLines), stderr: lineReader(showLines) };

  function showLines(lines: readonly string[]): void {
    const pieces = lines.flatMap((line) => breakLine(harmless(line), style.columns - 4));
    show(pieces.map((piece) => `    ${style.paint.quiet(piece)}\n`).join(''));
  }

  return {
    take(stream, chunk) {
      readers[stream].take(chunk);
    },
    flush() {
      readers.stdout.flush();
      readers.stderr.flush();
    },
  };
}

function lineReader(showLines: (lines: readonly string[]) => void): {
  take(chunk: Buffer): void;
  flush(): void;
} {
  let decoder = new StringDecoder('utf8');
  let pending = '';
  return {
    take(chunk) {
      const lines = (pending + decoder.write(chunk)).split('\n');
      pending = lines.pop() ?? '';
      if (pending.length > maxPending) {
        lines.push(pending);
        pending = '';
      }
      if (lines.length > 0) {
        showLines(lines);
      }
    },
    flush() {
      pending += decoder.end();
      if (pending !== '') {
        showLines([pending]);
      }
      pending = '';
      decoder = new StringDecoder('utf8');
    },
  };
}

/** What a step prints must not move the cursor, repaint the window or pose as our own line. */
function harmless(line: string): string {
  return sanitizeBlock(plainText(lastRewrite(line))).replaceAll('\t', '    ');
}

/** A progress bar draws its line again and again after `\r`: the last one counts. */
function lastRewrite(line: string): string {
  return line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
}
