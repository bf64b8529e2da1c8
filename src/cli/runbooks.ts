import {
  type FoundRunbook,
  findRunbook,
  listRunbooks,
  type RunbookPlaces,
} from '../config/find-runbook.ts';
import { loadTrusted } from '../config/load.ts';
import { loadProject } from '../config/project.ts';
import { parseRunbook } from '../runbook/parse.ts';
import type { Runbook } from '../runbook/runbook.ts';
import type { Cli } from './cli.ts';

export interface OpenRunbook extends FoundRunbook {
  readonly runbook: Runbook;
}

/** Finds a runbook by its name or file and checks it. Throws UsageError and InvalidFileError. */
export async function openRunbook(cli: Cli, nameOrFile: string): Promise<OpenRunbook> {
  const found = findRunbook(nameOrFile, await runbookPlaces(cli));
  return { ...found, runbook: parseRunbook(found.text, found.file) };
}

/** Every runbook that can be called by its name. */
export async function findAllRunbooks(cli: Cli): Promise<ReturnType<typeof listRunbooks>> {
  return listRunbooks(await runbookPlaces(cli));
}

async function runbookPlaces({ io }: Cli): Promise<RunbookPlaces> {
  return {
    env: io.env,
    cwd: io.cwd,
    project: await loadProject(io.cwd),
    trustedFolders: loadTrusted(io.env).config.value.trustedFolders,
  };
}
