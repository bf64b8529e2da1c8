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
  const close = (): void => reader.close();
  return new Promise((resolve, reject) => {
    reader.once('close', () => {
      signal.removeEventListener('abort', close);
      window.input.pause();
      if (signal.aborted) {
        reject(new DOMException('decided elsewhere', 'AbortError'));
      } else {
        resolve(lines.length === 0 ? null : lines.join('\n'));
      }
    });
    reader.on('line', (line) => {
      const text = line.trim();
      const ends = text === '' || isLast(text, lines.length === 0);
      if (text !== '') {
        lines.push(line);
      }
      if (ends) {
        close();
      }
    });
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) {
      close();
    }
  });
}

/** A block ends with its END line; the short form is one line by itself. */
function isLast(text: string, first: boolean): boolean {
  return text.startsWith('-----END ') || (first && !text.startsWith('-----BEGIN '));
}
