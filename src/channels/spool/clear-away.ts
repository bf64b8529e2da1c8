import { renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { newNonce } from '../../base/ids.ts';

/**
 * Removes whatever somebody left in a folder of ours. A folder that they filled cannot go, nor be moved
 * elsewhere, for what is in it is theirs: it gets a name under which nothing is looked for. Never throws.
 */
export function clearAway(path: string): void {
  const ways = [
    () => unlinkSync(path),
    () => rmdirSync(path),
    () => renameSync(path, join(dirname(path), `unfit.${newNonce()}`)),
  ];
  ways.some(works);
}

function works(way: () => void): boolean {
  try {
    way();
    return true;
  } catch {
    return false;
  }
}
