import { stripVTControlCharacters } from 'node:util';

/** Text without the sequences that drive a terminal. Bells go too: not every Node counts them among those. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\u0007', '');
}
