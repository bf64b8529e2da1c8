import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { constants, linkSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, JournalError } from '../base/errors.ts';
import { isOwnAlone, readJudged, syncDirectory, writeFileDurably } from '../base/files.ts';
import { newNonce } from '../base/ids.ts';
import type { CheckpointSigner } from '../journal/signer.ts';
import { rawPublicKey } from './pkcs8.ts';

/**
 * The journal's signing key: PKCS#8 Ed25519 PEM, 0600, ours. With `create` a missing one is made, durable
 * before this returns; an existing one is never replaced, so that a crash between key and genesis, or two
 * first commands at once, end with one key. Throws JournalError `journal_key_missing`,
 * `journal_key_unreadable` or `journal_key_unwritable`, and ConfigError `key_exposed` where others could
 * have read it.
 */
export function openJournalKey(path: string, name: string, create: boolean): CheckpointSigner {
  const pem = readKey(path) ?? (create ? createKey(path) : missing(path));
  const key = importKey(pem, path);
  return {
    name,
    publicKey: rawPublicKey(createPublicKey(key)),
    sign: (message) => sign(null, message, key),
  };
}

/** Null where there is no file. A symbolic link is not followed: its owner could swap the key. */
function readKey(path: string): string | null {
  const descriptor = openKey(path);
  if (descriptor === null) {
    return null;
  }
  return readJudged(descriptor, (stats) => {
    const { mode, uid } = stats;
    if (!isOwnAlone(stats)) {
      throw new ConfigError({
        code: 'key_exposed',
        message: `\`${path}\`: the signing key has mode ${(mode & 0o7777).toString(8)} and owner ${uid}, so others could sign with it`,
        hint: 'treat the key as stolen, or, if nobody can have read it, set mode 600 and your own uid',
      });
    }
  });
}

function openKey(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    return errorCode(cause) === 'ENOENT' ? null : unreadable(path, cause);
  }
}

function createKey(path: string): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  // A link made from a finished file is exclusive and whole: no crash leaves half a key.
  const finished = `${path}.${newNonce()}.new`;
  try {
    writeFileDurably(finished, pem, 0o600);
    linkSync(finished, path);
    syncDirectory(dirname(path));
    return pem;
  } catch (cause) {
    // Somebody else was first: their key is the journal's.
    return (errorCode(cause) === 'EEXIST' ? readKey(path) : null) ?? unwritable(path, cause);
  } finally {
    rmSync(finished, { force: true });
  }
}

function importKey(pem: string, path: string) {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : unreadable(path, key.asymmetricKeyType);
  } catch (cause) {
    return unreadable(path, cause);
  }
}

function missing(path: string): never {
  throw new JournalError({
    code: 'journal_key_missing',
    message: `\`${path}\`: the signing key is not there`,
    hint: 'restore it from a backup: a journal that exists is continued with its own key only',
  });
}

function unreadable(path: string, cause: unknown): never {
  throw new JournalError({
    code: 'journal_key_unreadable',
    message: `\`${path}\`: the signing key cannot be read as an Ed25519 key in PKCS#8`,
    hint: 'restore it from a backup',
    cause,
  });
}

function unwritable(path: string, cause: unknown): never {
  throw new JournalError({
    code: 'journal_key_unwritable',
    message: `\`${path}\`: the signing key cannot be made (${String(errorCode(cause))})`,
    hint: 'check that the folder is there, yours and writable',
    cause,
  });
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
