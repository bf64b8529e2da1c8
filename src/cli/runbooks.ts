import { findRunbook } from '../config/find-runbook.ts';
import type { FoundRunbook } from '../engine/reports.ts';
import { parseRunbook } from '../runbook/parse/parse.ts';
import type { Runbook } from '../runbook/runbook.ts';
import type { Cli } from './cli.ts';
import { runbookPlaces } from './find-runbooks.ts';

export interface OpenRunbook extends FoundRunbook {
  readonly runbook: Runbook;
}

/** Finds a runbook by its name or file, here or on the server, and checks it. Throws UsageError and InvalidFileError. */
export async function openRunbook(cli: Cli, nameOrFile: string): Promise<OpenRunbook> {
  const found =
    (await cli.server()) === null
      ? findRunbook(nameOrFile, await runbookPlaces(cli))
      : await (await cli.openService()).openRunbook(nameOrFile);
  return { ...found, runbook: parseRunbook(found.text, found.file) };
}
