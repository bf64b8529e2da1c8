import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';

/**
 * The file that an auditor named; null where it is a folder or an address, so a copy in the static layout.
 * Throws UsageError `copy_missing`, and `bundle_unpacked` for what a bundle was unpacked to.
 */
export function findCopyFile(
  location: string,
  cwd: string,
): { readonly file: string; readonly size: number } | null {
  if (/^[a-z]+:\/\//i.test(location)) {
    return null;
  }
  const file = resolve(cwd, location);
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new UsageError({
      code: 'copy_missing',
      message: `\`${location}\` does not exist`,
      hint: 'name a folder or an address in which `checkpoint` and `tile` lie, or an evidence bundle',
    });
  }
  if (stats.isDirectory() && existsSync(join(file, 'bundle.json'))) {
    throw new UsageError({
      code: 'bundle_unpacked',
      message: `\`${location}\` is an unpacked evidence bundle, and its archive is what is verified`,
      hint: 'name the `.tar` that it came from',
    });
  }
  return stats.isFile() ? { file, size: stats.size } : null;
}
