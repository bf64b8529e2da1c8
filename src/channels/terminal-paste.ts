import { createInterface } from 'node:readline';
import type { TerminalWindow } from './terminal.ts';

/**
 * Lines typed or pasted, up to one that begins with `-----END` or to an empty line; null where nothing
 * came. Rejects with AbortError when `signal` aborts.
 */
export function readPaste(window: TerminalWindow, signal: AbortSignal): Promise<string | null> {
  const lines: string[] = [];
  // Not a terminal to readline: no editing, no redrawing, and Ctrl-C stays the signal it is.
  const reader = createInterface({ input: window.input, terminal: false });
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reader.close();
      reject(new DOMException('decided elsewhere', 'AbortError'));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    reader.on('line', (line) => {
      const first = lines.length === 0;
      if (line.trim() !== '') {
        lines.push(line);
      }
      if (line.trim() === '' ? first || lines.length > 0 : isLast(line, first)) {
        reader.close();
      }
    });
    reader.once('close', () => {
      signal.removeEventListener('abort', abort);
      window.input.pause();
      resolve(lines.length === 0 ? null : lines.join('\n'));
    });
  });
}

/** A block ends with its END line; the short form is one line by itself. */
function isLast(line: string, first: boolean): boolean {
  return line.trim().startsWith('-----END ') || (first && !line.trim().startsWith('-----BEGIN '));
}
