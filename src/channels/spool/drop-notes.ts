import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestId } from '../../base/ids.ts';
import { isDropName } from './forms.ts';

/**
 * Names of decisions that this account left and was told nothing of yet: it cannot list them where they
 * lie. Only a convenience: whatever cannot be noted or read is forgotten.
 */
export interface DropNotes {
  add(name: string): void;
  of(request: RequestId): readonly string[];
  remove(name: string): void;
}

/** Notes that are empty files in `folder`, made 0700 where it is missing. */
export function openDropNotes(folder: string): DropNotes {
  return {
    add: (name) => {
      attempt(() => {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(join(folder, name), '');
      });
    },
    of: (request) => {
      const names = attempt(() => readdirSync(folder)) ?? [];
      return names.filter((name) => isDropName(name) && name.startsWith(`${request}.`));
    },
    remove: (name) => {
      attempt(() => rmSync(join(folder, name), { force: true }));
    },
  };
}

function attempt<Result>(work: () => Result): Result | null {
  try {
    return work();
  } catch {
    return null;
  }
}
