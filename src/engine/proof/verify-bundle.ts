import { readFileSync } from 'node:fs';
import { judgeBundle } from '../../audit/bundle/judge-bundle.ts';
import { parseBundle } from '../../audit/bundle/parse-bundle.ts';
import { readTar } from '../../audit/bundle/tar.ts';
import { sha256 } from '../../base/digest.ts';
import { RunbookError, UsageError } from '../../base/errors.ts';
import type { Sha256 } from '../../base/ids.ts';
import type { Store } from '../../store/store.ts';
import type { VerifyReport } from '../verify.ts';
import { findExport } from './find-export.ts';
import { checkpointsOf, chosenKeys } from './gather-outside.ts';
import { readReceipts } from './read-receipts.ts';
import { type CopyInput, sortKeys } from './verify-copy.ts';

/**
 * Judges an evidence bundle with no journal at hand. Throws UsageError `bundle_unreadable` where the file
 * cannot be read, IntegrityError `E_BUNDLE_FORM` where it is no bundle, is cut or has more at its end,
 * `E_STH_SIG` where its own key did not sign its head.
 */
export async function verifyBundle(
  file: string,
  input: CopyInput,
  own: Own = null,
): Promise<VerifyReport> {
  const archive = readBundle(file);
  const files = readTar(archive);
  const evidence = parseBundle(files);
  const { log, witnesses } = sortKeys(input.keys);
  const { verdicts, findings } = judgeBundle(files, evidence, {
    key: log.find(({ name }) => name === evidence.origin) ?? log[0] ?? null,
    receipts: readReceipts(input.receipts),
    pins: input.pins,
    nowMs: input.nowMs,
    outside: {
      anchors: [],
      keys: [...witnesses, ...chosenKeys(input)],
      checkpoints: checkpointsOf(input),
    },
  });
  input.progress(evidence.entries.length, evidence.entries.length);
  const { words, warnings } = await held(own, evidence.origin, sha256(archive));
  return {
    verdicts: verdicts.map((verdict) =>
      verdict.name === 'integrity' ? { ...verdict, anchor: `${verdict.anchor}${words}` } : verdict,
    ),
    findings: [
      ...findings.map(({ code, index, message }) => ({ code, index, message })),
      ...warnings,
    ],
    exit_code: verdicts.some(({ ok }) => ok === false) ? 14 : 0,
  };
}

/** Opens the journal of this account; null where there is none. Whoever opens it closes it. */
export type Own = (() => Store) | null;

/** What our own journal says of this very file, where it is the one that the bundle is from. */
async function held(
  own: Own,
  origin: string,
  digest: Sha256,
): Promise<{ readonly words: string; readonly warnings: VerifyReport['findings'] }> {
  let store: Store | null = null;
  try {
    store = own?.() ?? null;
    if (store?.origin !== origin) {
      return { words: '', warnings: [] };
    }
    const index = await findExport(store, digest);
    if (index !== null) {
      return {
        words: `; entry ${index} of the journal here says that it was exported`,
        warnings: [],
      };
    }
    const message =
      'the journal here is the one it is from, and no `evidence.exported` entry has its SHA-256';
    return { words: '', warnings: [{ code: 'W_MANIFEST', index: null, message }] };
  } catch (error) {
    // A journal that cannot be read says nothing against a bundle: `audit verify` alone judges it.
    if (error instanceof RunbookError) {
      return { words: `; the journal here could not be asked: ${error.message}`, warnings: [] };
    }
    throw error;
  } finally {
    await store?.close();
  }
}

function readBundle(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new UsageError({
      code: 'bundle_unreadable',
      message: `\`${file}\` cannot be read`,
      hint: 'name the file that `runbook audit export` wrote',
      cause,
    });
  }
}
