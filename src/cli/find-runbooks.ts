import { listRunbooks, type RunbookPlaces } from '../config/find-runbook.ts';
import { loadConfig } from '../config/load-config.ts';
import { loadProject } from '../config/project.ts';
import type { Cli } from './cli.ts';

/** Every runbook that can be called by its name. */
export async function findAllRunbooks(cli: Cli): Promise<ReturnType<typeof listRunbooks>> {
  return listRunbooks(await runbookPlaces(cli));
}

/** Where runbooks are looked for, as project and configuration say. */
export async function runbookPlaces({ io }: Cli): Promise<RunbookPlaces> {
  return {
    env: io.env,
    cwd: io.cwd,
    project: await loadProject(io.cwd),
    trustedFolders: loadConfig(io.env).trustedFolders,
  };
}
