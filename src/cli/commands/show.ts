import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { outputsSchema, paramsSchema, renderRunbook } from '../render/runbook.ts';
import { openRunbook } from '../runbooks.ts';
import { resultStyle } from '../styles.ts';

export function showCommand(cli: Cli): Command {
  return new Command('show')
    .description("Shows a runbook's parameters and steps, and which of them are privileged.")
    .argument('<runbook>', 'its name, or a file')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook show restart-cluster\n  runbook show restart-cluster --json',
    )
    .action(async (runbook: string) => cli.finish(await runShow(cli, runbook)));
}

/** The JSON form gives the parameters as a JSON Schema, which agents can fill in. */
export async function runShow(cli: Cli, name: string): Promise<number> {
  const { file, trusted, runbook } = await openRunbook(cli, name);
  const steps = [...runbook.preconditions, ...runbook.steps, ...runbook.finally];
  const shown = {
    name: runbook.name,
    description: runbook.description,
    file,
    trusted,
    approvals: runbook.approvals,
    params: paramsSchema(runbook),
    steps: steps.map((step) => ({
      id: step.id,
      name: step.name,
      list: step.list,
      privileged: step.privileged,
      tags: step.tags,
      action: step.action.kind,
      outputs: outputsSchema(step),
    })),
  };
  cli.print(shown, () => renderRunbook(runbook, file, resultStyle(cli)));
  return 0;
}
