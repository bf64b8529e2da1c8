import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { ListedRunbook } from '../../engine/reports.ts';
import { listRunbook } from '../../runbook/list-runbook.ts';
import type { Cli } from '../cli.ts';
import { findAllRunbooks } from '../find-runbooks.ts';
import type { Style } from '../render/style.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

export function listCommand(cli: Cli): Command {
  return new Command('list')
    .description(
      'Lists the runbooks that can be called by name: those in RUNBOOK_PATH, in the folders of the project, and in the trusted folders; where a server is configured, its own.',
    )
    .addHelpText('after', '\nExample:\n  runbook list --json')
    .action(async () => cli.finish(await runList(cli)));
}

export async function runList(cli: Cli): Promise<number> {
  const runbooks = await listRunbooks(cli);
  cli.print({ runbooks }, () => renderList(runbooks, resultStyle(cli)));
  if (runbooks.length === 0) {
    const served = (await cli.server()) !== null;
    cli.say(served ? 'the server has none' : 'no runbooks here: `runbook init` writes a first one');
  }
  return 0;
}

/** Here without the engine: nothing of it is needed, and it takes its time to load. */
async function listRunbooks(cli: Cli): Promise<readonly ListedRunbook[]> {
  if ((await cli.server()) !== null) {
    return (await cli.openService()).runbooks();
  }
  const found = await findAllRunbooks(cli);
  return found.map((runbook) =>
    listRunbook(runbook, () => readFileSync(resolve(cli.io.cwd, runbook.file), 'utf8')),
  );
}

function renderList(runbooks: readonly ListedRunbook[], { paint, columns }: Style): string {
  return renderTable(
    runbooks.map((runbook) => [
      { text: runbook.name, paint: paint.strong },
      runbook.problem === null
        ? { text: describe(runbook) }
        : { text: `invalid: ${runbook.problem}`, paint: paint.bad },
    ]),
    columns,
  );
}

function describe({ description, params, privileged }: ListedRunbook): string {
  const facts = [
    ...(params.length === 0 ? [] : [`params: ${params.join(', ')}`]),
    ...(privileged === 0
      ? []
      : [`${privileged} privileged ${privileged === 1 ? 'step' : 'steps'}`]),
  ];
  return [description ?? '', facts.join('; ')].filter((line) => line !== '').join('\n');
}
