import { mkdirSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import * as v from 'valibot';
import { type Pin, pinSchema, type Receipt, receiptSchema } from '../approval/statement/receipt.ts';
import { decisionId } from '../approval/statement/statement.ts';
import { sha256 } from '../base/digest.ts';
import { ConfigError, IntegrityError } from '../base/errors.ts';
import { readIfExists, syncDirectory, writeFileDurably } from '../base/files.ts';
import type { ApproverMemory } from './signer.ts';

/**
 * Opens what an approver's client remembers: `pins/` and `receipts/` under `dir`, made 0700 where
 * missing. `forbidden` is the journal's state folder: memory that lies there would be rewritten together
 * with what it bears witness against. Throws ConfigError `approver_dir_exposed`.
 */
export function openApproverMemory(dir: string, forbidden: string): ApproverMemory {
  if (isInside(realPath(dir), realPath(forbidden))) {
    throw exposed(dir, `lies in the journal's folder \`${forbidden}\``, 'set RUNBOOK_APPROVER_DIR');
  }
  const [pins, receipts] = [join(dir, 'pins'), join(dir, 'receipts')];
  [dir, pins, receipts].forEach(openFolder);
  const pinFile = (origin: string): string => join(pins, `${sha256(origin)}.json`);
  const pin = (origin: string): Pin | null => readJson(pinFile(origin), pinSchema);
  return {
    pin,
    savePin: (next) => {
      const kept = pin(next.origin);
      if (!isOlder(next, kept)) {
        // Another window may not have been shown it: a recovery key that was seen once is not forgotten.
        const seen = kept?.recovery === undefined ? {} : { recovery: kept.recovery };
        writeJson(pinFile(next.origin), { ...seen, ...next });
      }
    },
    saveReceipt: (receipt) => {
      const path = join(receipts, `${decisionId(receipt.signed)}.json`);
      // Signed once and told later where it stands: the fuller receipt stays.
      if (receipt.recorded !== null || readJson(path, receiptSchema) === null) {
        writeJson(path, receipt);
      }
      return path;
    },
    pins: () => readAll(pins, pinSchema),
    receipts: () => readAll(receipts, receiptSchema),
  };
}

/** Two windows of one approver may save in any order; two histories of one size may not both be saved. */
function isOlder(next: Pin, kept: Pin | null): boolean {
  if (kept !== null && kept.size === next.size && kept.root !== next.root) {
    throw new IntegrityError({
      code: 'E_FORK',
      message: `the journal \`${next.origin}\` has two histories of ${next.size} entries`,
      hint: 'do not sign; keep your pins and receipts, and run `runbook audit verify` against them',
    });
  }
  return kept !== null && kept.size > next.size;
}

function openFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  syncDirectory(dirname(path));
  const { mode, uid } = statSync(path);
  if ((mode & 0o077) !== 0 || uid !== process.geteuid?.()) {
    throw exposed(path, 'must be yours alone', `chmod 700 ${path}`);
  }
}

function readAll<T>(folder: string, schema: v.GenericSchema<unknown, T>): readonly T[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => readJson(join(folder, name), schema))
    .filter((one) => one !== null);
}

/** A damaged memory is not an empty one: forgetting would let a rolled back journal pass. */
function readJson<T>(path: string, schema: v.GenericSchema<unknown, T>): T | null {
  const bytes = readIfExists(path);
  if (bytes === null) {
    return null;
  }
  try {
    return v.parse(schema, JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    throw new IntegrityError({
      code: 'memory_unreadable',
      message: `\`${path}\`: what your client remembers is damaged`,
      hint: 'restore the file from a backup; without it a journal that was set back goes unnoticed',
      cause,
    });
  }
}

function writeJson(path: string, value: Pin | Receipt): void {
  writeFileDurably(path, `${JSON.stringify(value, null, 2)}\n`, 0o600);
}

/** The path with its links resolved, as far as it exists and may be read. */
function realPath(path: string): string {
  const full = resolve(path);
  try {
    return realpathSync(full);
  } catch {
    return full === dirname(full) ? full : join(realPath(dirname(full)), basename(full));
  }
}

function isInside(path: string, folder: string): boolean {
  const steps = relative(folder, path);
  return steps !== '..' && !steps.startsWith('../');
}

function exposed(path: string, what: string, hint: string): ConfigError {
  return new ConfigError({
    code: 'approver_dir_exposed',
    message: `\`${path}\`: what an approver remembers ${what}`,
    hint,
  });
}
