import { existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, LoginError } from '../base/errors.ts';
import { isOwnAlone, readJudged, writeFileDurably } from '../base/files.ts';

/** The one line of a token, as `runbook token create` shows it once. */
const tokenForm = /^rbk_[A-Za-z0-9_-]{43}$/;

/** True where this could be a token's secret. */
export function isToken(text: string): boolean {
  return tokenForm.test(text);
}

/**
 * What `runbook login` kept for this server; null where it kept nothing. A token is shown to the server
 * it was given for and to no other: a changed variable must not send it elsewhere. Throws ConfigError
 * `token_exposed` where others could read the file, LoginError `login_elsewhere`.
 */
export function readToken(dir: string, server: string): string | null {
  const kept = readKept(join(dir, 'token'));
  if (kept === null) {
    return null;
  }
  const [token = '', of = server] = kept.split('\n').filter((line) => line !== '');
  if (of !== server) {
    throw new LoginError({
      code: 'login_elsewhere',
      message: `you are logged in at \`${of}\`, not at \`${server}\``,
      hint: `\`runbook login --server ${server}\``,
    });
  }
  return token.trim();
}

/** Keeps the token for this server, for the owner's eyes alone; a crash leaves the old file or the new one. */
export function keepToken(dir: string, token: string, server: string): string {
  const path = join(dir, 'token');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileDurably(path, `${token}\n${server}\n`, 0o600);
  return path;
}

/** False where none was kept. */
export function forgetToken(dir: string): boolean {
  const path = join(dir, 'token');
  const isThere = existsSync(path);
  rmSync(path, { force: true });
  return isThere;
}

function readKept(path: string): string | null {
  const descriptor = openIfThere(path);
  if (descriptor === null) {
    return null;
  }
  return readJudged(descriptor, (stats) => {
    if (!isOwnAlone(stats)) {
      throw new ConfigError({
        code: 'token_exposed',
        message: `\`${path}\` must belong to you and be closed to everybody else`,
        hint: `\`chmod 600 ${path}\`; if others could read it, have the token revoked`,
      });
    }
  });
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      return null;
    }
    throw new ConfigError({
      code: 'token_exposed',
      message: `\`${path}\` cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'it must belong to you, mode 600',
      cause,
    });
  }
}
