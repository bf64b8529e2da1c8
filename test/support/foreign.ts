import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { test } from 'vitest';

/** Whether a program stands in PATH; an absolute path is looked up as it is. */
export function hasProgram(name: string): boolean {
  if (isAbsolute(name)) {
    return existsSync(name);
  }
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => isProgram(join(folder, name)));
}

/**
 * A test against programs that nobody here wrote. Where one is missing it is skipped, and its title says
 * which; in CI it fails instead, so that a proof can never silently stop being made.
 */
export function testWith(
  programs: readonly string[],
  title: string,
  run: () => void | Promise<void>,
  timeout?: number,
): void {
  const missing = programs.filter((name) => !hasProgram(name));
  if (missing.length === 0) {
    test(title, run, timeout);
  } else if (process.env['CI'] === undefined) {
    test.skip(`${title} (needs ${missing.join(', ')})`);
  } else {
    test(title, () => {
      throw new Error(`${missing.join(', ')} must be installed in CI`);
    });
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
