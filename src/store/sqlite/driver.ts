import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';
import { ConfigError } from '../../base/errors.ts';

/** The constructor of better-sqlite3. */
export type Driver = typeof Sqlite;

/**
 * Loads better-sqlite3, and only here: the addon costs milliseconds that `--help` need not pay. Throws
 * ConfigError `sqlite_unfit` where the installed one would end this Node without a word.
 */
export function loadDriver(): Driver {
  const load = createRequire(import.meta.url);
  const { version } = load('better-sqlite3/package.json') as { readonly version: string };
  assertFits(version, Number(process.versions['napi']));
  return load('better-sqlite3') as Driver;
}

/** Version 13 is built for Node-API 10. An older Node loads it and then crashes at the first call. */
export function assertFits(version: string, nodeApi: number): void {
  if (Number.parseInt(version, 10) >= 13 && nodeApi < 10) {
    throw new ConfigError({
      code: 'sqlite_unfit',
      message: `better-sqlite3 ${version} needs Node-API 10, but Node ${process.version} has ${nodeApi}`,
      hint: 'use Node 22.14 or later, or `npm install better-sqlite3@12`',
    });
  }
}
