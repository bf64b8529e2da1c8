import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The root of the git checkout that `path` lies in (a worktree's `.git` is a file); null outside one. */
export function findCheckout(path: string): string | null {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) {
      return folder;
    }
    if (folder === dirname(folder)) {
      return null;
    }
  }
}
