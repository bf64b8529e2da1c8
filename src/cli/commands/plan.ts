import { Command } from 'commander';
import { gatherParams } from '../ask-params.ts';
import type { Cli } from '../cli.ts';
import { addParamFlags } from '../flags.ts';
import type { ParamFlags } from '../params.ts';
import { renderPlan } from '../render/plan.ts';
import { type OpenRunbook, openRunbook } from '../runbooks.ts';
import { addAtFlag, addStartFlags, type StartFlags, startInput } from '../start-input.ts';
import { resultStyle } from '../styles.ts';

export function planCommand(cli: Cli): Command {
  return addAtFlag(addStartFlags(addParamFlags(new Command('plan'))), cli)
    .description(
      'Shows what would run, and what each step would need. Runs nothing and records nothing.',
    )
    .argument('<runbook>', 'its name, or a file')
    .addHelpText('after', '\nExample:\n  runbook plan restart-cluster -p cluster=demo -e prod')
    .action(async (runbook: string, options: PlanOptions) =>
      cli.finish(await runPlan(cli, runbook, options)),
    );
}

export type PlanOptions = ParamFlags & StartFlags;

/** Exits 13 where the caller could not start it. */
export async function runPlan(cli: Cli, name: string, options: PlanOptions): Promise<number> {
  return printPlan(cli, await openRunbook(cli, name), options);
}

/** As `runPlan`, of a runbook that is open already. */
export async function printPlan(
  cli: Cli,
  opened: OpenRunbook,
  options: PlanOptions,
): Promise<number> {
  const given = await gatherParams(cli, opened.runbook, options);
  const service = await cli.openService();
  const report = await service.plan(startInput(opened, given, options));
  cli.print(report, () => renderPlan(report, resultStyle(cli)));
  return report.refusal === null ? 0 : 13;
}
