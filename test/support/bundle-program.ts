import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** A program of our own sources that plain Node can run, for tests of several processes. */
export interface Program {
  readonly file: string;
  remove(): void;
}

/** Bundles the TypeScript file at `source`, a path from the checkout's root. */
export async function bundleProgram(source: string): Promise<Program> {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-program-'));
  const file = join(dir, 'program.cjs');
  const bundle = await rolldown({
    input: source,
    platform: 'node',
    external: ['better-sqlite3'],
    logLevel: 'silent',
  });
  await bundle.write({ file, format: 'cjs' });
  // What stays outside the bundle is found as from the checkout.
  symlinkSync(join(process.cwd(), 'node_modules'), join(dir, 'node_modules'));
  return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
