import { readFileSync } from 'node:fs';
import { sha256 } from '../base/digest.ts';
import { ConfigError, RunbookError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import { findCheckout } from './checkout.ts';
import { effectiveUser, findDistrust, refuse } from './distrust.ts';
import { walkPath } from './walk-path.ts';

export interface TrustedFile<Value> {
  readonly file: string;
  /** As read; empty where there is no file. */
  readonly text: string;
  readonly digest: Sha256;
  readonly value: Value;
}

/** Throws ConfigError `config_untrusted`, `config_unreadable`, and whatever `parse` throws. */
export function loadTrustedFile<Value>(
  file: string,
  parse: (text: string, file: string) => Value,
): TrustedFile<Value> {
  const text = readable(file, () => readTrusted(file));
  return { file, text, digest: sha256(text), value: parse(text, file) };
}

/**
 * The text of a file that somebody else must not be able to write, whatever reads it; one that is missing
 * is an error. Throws ConfigError `config_untrusted`, `config_unreadable`.
 */
export function readTrustedText(file: string): string {
  assertTrustedFile(file);
  return readable(file, () => readTrusted(file));
}

/** Throws ConfigError `config_untrusted` for a file that somebody else could change, `config_unreadable`. */
export function assertTrustedFile(file: string): void {
  if (readable(file, () => assertTrusted(file)) === null) {
    throw new ConfigError({ code: 'config_unreadable', message: `there is no file \`${file}\`` });
  }
}

/** Throws ConfigError `config_untrusted` for a folder that somebody else could change, `config_unreadable`. */
export function assertTrustedFolder(dir: string): void {
  readable(dir, () => assertTrusted(dir));
}

/** Nobody else can change the way there, so what was looked at is what is read. */
function readTrusted(file: string): string {
  const kind = assertTrusted(file);
  if (kind === null) {
    return '';
  }
  if (kind !== 'file') {
    throw new ConfigError({
      code: 'config_untrusted',
      message: `\`${file}\` is not a regular file`,
    });
  }
  const decoded = decodeUtf8(readFileSync(file));
  if ('text' in decoded) {
    return decoded.text;
  }
  throw new ConfigError({
    code: 'config_unreadable',
    message: `\`${file}\` is not UTF-8 in line ${decoded.badLine}`,
    hint: 'save it as UTF-8',
  });
}

function readable<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof RunbookError || !(cause instanceof Error)) {
      throw cause;
    }
    const message = `\`${path}\` cannot be read: ${cause.message}`;
    throw new ConfigError({ code: 'config_unreadable', message, cause });
  }
}

/** Answers what stands at the end of the path; null where nothing does. */
function assertTrusted(path: string): string | null {
  const walk = walkPath(path);
  if (walk === null) {
    return null;
  }
  const distrust = findDistrust(walk.components, effectiveUser());
  if (distrust !== null) {
    refuse(distrust);
  }
  const checkout = findCheckout(walk.realPath);
  if (checkout !== null) {
    refuse({
      path: walk.realPath,
      found: `lies in the checkout \`${checkout}\``,
      expected: 'must not come with the code that it judges',
      fix: 'move it to `~/.config/runbook` or `/etc/runbook`, or set RUNBOOK_CONFIG_DIR',
    });
  }
  return walk.components.at(-1)?.kind ?? null;
}
