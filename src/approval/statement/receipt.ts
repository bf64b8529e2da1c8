import * as v from 'valibot';
import { UsageError } from '../../base/errors.ts';
import type { RecoveryKey } from '../../journal/key-history.ts';
import type { SignedStatement } from './statement.ts';
import { signedSchema } from './statement-schema.ts';

/** The newest head an approver's client has seen of a log. */
export interface Pin {
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The whole signed note. */
  readonly note: string;
  /** The log's key as a signed-note verifier key, from the first sight on. */
  readonly verifierKey: string;
  readonly time: string;
  /** The recovery key that the log showed in force, and the entry that names it; absent where it showed none. */
  readonly recovery?: RecoveryKey;
}

/** What an approver keeps: their statement, signature and the checkpoint they saw. */
export interface Receipt {
  readonly v: 1;
  readonly signed: SignedStatement;
  readonly namespace: string;
  /** The note their client saw before signing. */
  readonly checkpoint: string;
  readonly verifier_key: string;
  /** Where the decision stands in the journal, where that was told; null for an offline one. */
  readonly recorded: { readonly index: number; readonly checkpoint: string } | null;
}

/** The one shape of a stored pin. */
export const pinSchema = v.strictObject({
  origin: v.string(),
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  root: v.string(),
  note: v.string(),
  verifierKey: v.string(),
  time: v.string(),
  recovery: v.exactOptional(
    v.strictObject({
      public: v.string(),
      index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  ),
});

/** The one shape of a stored receipt. */
export const receiptSchema = v.strictObject({
  v: v.literal(1),
  signed: signedSchema,
  namespace: v.string(),
  checkpoint: v.string(),
  verifier_key: v.string(),
  recorded: v.nullable(
    v.strictObject({
      index: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
      checkpoint: v.string(),
    }),
  ),
});

/** Reads a receipt file. Throws UsageError `receipt_unreadable`. */
export function parseReceipt(text: string, file: string): Receipt {
  try {
    return v.parse(receiptSchema, JSON.parse(text));
  } catch (cause) {
    throw new UsageError({
      code: 'receipt_unreadable',
      message: `\`${file}\` is not a receipt`,
      hint: 'receipts lie in the `receipts` folder of RUNBOOK_APPROVER_DIR; `approve` prints where',
      cause,
    });
  }
}
