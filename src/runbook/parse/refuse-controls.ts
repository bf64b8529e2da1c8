import type { Located } from '../../base/yaml-schema.ts';
import type { Reading } from './site.ts';

/**
 * No program can be given a NUL, and what a terminal obeys (escape, carriage return, backspace) could
 * show its reader something else than what runs. Tabs and newlines may stand anywhere.
 */
export function refuseControls({ value, node }: Located<string>, reading: Reading): void {
  const offset = value.search(/(?![\t\n])\p{Cc}/u);
  if (offset === -1) {
    return;
  }
  const code = value.charCodeAt(offset).toString(16).toUpperCase().padStart(4, '0');
  reading.report(node, {
    message: `the control character U+${code} cannot stand here`,
    hint: 'take it out, or let the program make it, as in `printf "\\033[1m"`',
    offset,
  });
}
