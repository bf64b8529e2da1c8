import type { Pin } from '../../approval/statement/receipt.ts';
import type { OutsideKey } from '../../audit/outside.ts';
import { RunbookError } from '../../base/errors.ts';
import { parseVerifierKey, type VerifierKey } from '../../journal/verifier-key.ts';
import type { OutsideInput, VerifyReport } from '../verify.ts';
import { checkpointsOf, chosenKeys } from './gather-outside.ts';
import { readReceipts } from './read-receipts.ts';
import { type TileFiles, tilesSource } from './tiles-source.ts';
import { reportOf, verifyLog } from './verify-log.ts';

/** What a copy is judged by. */
export interface CopyInput extends Pick<OutsideInput, 'authorities' | 'checkpoints'> {
  /**
   * Verifier keys as whoever asks knows them (`name+hex+base64`): the log's, and witnesses' (type `04`).
   * Without one of the log's, its key is the copy's own word.
   */
  readonly keys: readonly string[];
  readonly receipts: readonly { readonly file: string; readonly text: string }[];
  readonly pins: readonly Pin[];
  readonly nowMs: number;
  readonly progress: (done: number, of: number) => void;
}

/**
 * Judges a copy of a log in the static layout: all but authorization, for which it would need the blobs
 * that entries name. Throws IntegrityError `E_KEY`, `E_STH_FORM`; JournalError `copy_unreadable`.
 */
export async function verifyCopy(files: TileFiles, input: CopyInput): Promise<VerifyReport> {
  const { log, witnesses } = sortKeys(input.keys);
  const source = await tilesSource(files, log);
  const { size } = await source.head();
  const audit = await verifyLog({
    source,
    size,
    trust: {
      receipts: readReceipts(input.receipts),
      pins: input.pins,
      nowMs: input.nowMs,
      outside: {
        anchors: await source.anchors(0, size + 1),
        keys: [...witnesses, ...chosenKeys(input)],
        checkpoints: checkpointsOf(input),
      },
    },
    follow: () => undefined,
    progress: input.progress,
  });
  return reportOf(audit);
}

/** A key says itself whose it is: one of the other type is refused where the first is asked for. */
export function sortKeys(texts: readonly string[]): {
  readonly log: readonly VerifierKey[];
  readonly witnesses: readonly OutsideKey[];
} {
  const witnesses = texts.filter(isWitnessKey).map((verifierKey) => ({
    name: parseVerifierKey(verifierKey, 'cosignature').name,
    key: { kind: 'cosignature' as const, verifierKey },
    chosen: true,
  }));
  const log = texts.filter((text) => !isWitnessKey(text)).map((text) => parseVerifierKey(text));
  return { log, witnesses };
}

function isWitnessKey(text: string): boolean {
  try {
    parseVerifierKey(text, 'cosignature');
    return true;
  } catch (error) {
    if (error instanceof RunbookError) {
      return false;
    }
    throw error;
  }
}
