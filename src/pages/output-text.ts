import { stripVTControlCharacters } from 'node:util';
import { sanitizeBlock } from '../base/sanitize.ts';

/** What a step printed, as a page shows it: without what drives a terminal, and with nothing unseen in it. */
export function outputText(printed: string): string {
  return sanitizeBlock(stripVTControlCharacters(printed).replaceAll('\r\n', '\n'));
}
