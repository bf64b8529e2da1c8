import { isUtf8 } from 'node:buffer';

/** The text of a file, or the first line (1-based) that is no UTF-8. */
export type DecodedText = { readonly text: string } | { readonly badLine: number };

/**
 * Reads UTF-8 and nothing else. A decoder that puts U+FFFD in the place of what it cannot read would have
 * something run, or be believed, that stands in no file.
 */
export function decodeUtf8(bytes: Buffer): DecodedText {
  if (isUtf8(bytes)) {
    return { text: bytes.toString('utf8') };
  }
  // A newline is a byte of its own in UTF-8, so lines can be told apart before they are decoded.
  let line = 1;
  let start = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, start)) {
    if (!isUtf8(bytes.subarray(start, end))) {
      break;
    }
    line += 1;
    start = end + 1;
  }
  return { badLine: line };
}
