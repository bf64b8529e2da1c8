import { existsSync, linkSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncDirectory } from '../base/files.ts';
import { newNonce } from '../base/ids.ts';
import type { CheckpointSigner, KeyRing } from '../journal/signer.ts';
import { keyId } from '../journal/verifier-key.ts';
import { openJournalKey } from './journal-key.ts';

/**
 * The journal's keys beside it: `path` signs, `PATH.next-ID` was prepared. Each prepared key has a file of
 * its own, so that two rotations at once cannot take each other's key away. Throws as `openJournalKey`.
 */
export function openKeyRing(path: string): KeyRing {
  const fileOf = (name: string, publicKey: Buffer): string =>
    `${path}.next-${keyId(name, publicKey).toString('hex')}`;
  return {
    create: (name) => openJournalKey(path, name, true),
    open: (name, publicKey) => {
      takePlace(fileOf(name, publicKey), path, (file) => isKey(file, name, publicKey));
      return openJournalKey(path, name, false);
    },
    prepare: (name) => {
      const made = `${path}.${newNonce()}.made`;
      try {
        const { publicKey } = openJournalKey(made, name, true);
        linkSync(made, fileOf(name, publicKey));
        syncDirectory(dirname(path));
        return publicKey;
      } finally {
        rmSync(made, { force: true });
      }
    },
    prepared: (name, publicKey) => openJournalKey(fileOf(name, publicKey), name, false),
    discard: (name, publicKey) => rmSync(fileOf(name, publicKey), { force: true }),
    waiting: () => {
      const isWaiting = (file: string): boolean =>
        file.startsWith(`${basename(path)}.`) && /\.(next-[0-9a-f]{8}|made)$/.test(file);
      return readdirSync(dirname(path))
        .filter(isWaiting)
        .sort()
        .map((file) => join(dirname(path), file));
    },
  };
}

/** Looked at first: the key in its place may be lost, or readable by others, and then it is not even read. */
function takePlace(next: string, path: string, isWanted: (file: string) => boolean): void {
  if (!existsSync(next) || !isWanted(next)) {
    return;
  }
  try {
    renameSync(next, path);
    syncDirectory(dirname(path));
  } catch (error) {
    // Another process was first.
    if (existsSync(next)) {
      throw error;
    }
  }
}

/** By the whole key: ids are short. */
function isKey(file: string, name: string, publicKey: Buffer): boolean {
  const { publicKey: found }: CheckpointSigner = openJournalKey(file, name, false);
  return found.equals(publicKey);
}
