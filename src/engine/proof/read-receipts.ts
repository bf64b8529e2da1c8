import { basename } from 'node:path';
import { parseReceipt } from '../../approval/statement/receipt.ts';
import type { Trust } from '../../audit/exhibit.ts';

/** Throws UsageError `receipt_unreadable`. */
export function readReceipts(
  files: readonly { readonly file: string; readonly text: string }[],
): Trust['receipts'] {
  return files.map(({ file, text }) => ({
    name: basename(file),
    receipt: parseReceipt(text, file),
  }));
}
