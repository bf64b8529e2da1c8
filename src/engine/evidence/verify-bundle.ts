import { readFileSync } from 'node:fs';
import { judgeBundle } from '../../audit/bundle/judge-bundle.ts';
import { parseBundle } from '../../audit/bundle/parse-bundle.ts';
import { readTar } from '../../audit/bundle/tar.ts';
import { UsageError } from '../../base/errors.ts';
import { checkpointsOf, chosenKeys } from '../proof/gather-outside.ts';
import { readReceipts } from '../proof/read-receipts.ts';
import { type CopyInput, sortKeys } from '../proof/verify-copy.ts';
import type { VerifyReport } from '../verify.ts';

/**
 * Judges an evidence bundle with no journal at hand. Throws UsageError `bundle_unreadable` where the file
 * cannot be read, IntegrityError `E_BUNDLE_FORM` where it is no bundle, is cut or has more at its end,
 * `E_STH_SIG` where its own key did not sign its head.
 */
export async function verifyBundle(file: string, input: CopyInput): Promise<VerifyReport> {
  const files = readTar(readBundle(file));
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
  return {
    verdicts,
    findings: findings.map(({ code, index, message }) => ({ code, index, message })),
    exit_code: verdicts.some(({ ok }) => ok === false) ? 14 : 0,
  };
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
