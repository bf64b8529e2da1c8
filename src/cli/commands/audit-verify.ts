import { resolve } from 'node:path';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { openMeter } from '../meter.ts';
import { readTextFile } from '../params.ts';
import { renderVerdicts } from '../render/audit.ts';
import { resultStyle } from '../styles.ts';

export function auditVerifyCommand(cli: Cli): Command {
  return new Command('verify')
    .summary('check the journal against receipts')
    .description(
      'Checks the journal and gives a verdict on each promise, with what it rests on. Receipts of approvers show whether anything was cut, changed or rolled back.',
    )
    .option('--receipt <file...>', "approvers' receipts; may be repeated")
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit verify\n  runbook audit verify --receipt receipts/*.json --json',
    )
    .action(async (options: VerifyOptions) => cli.finish(await runAuditVerify(cli, options)));
}

export interface VerifyOptions {
  readonly receipt?: readonly string[];
}

export async function runAuditVerify(cli: Cli, { receipt = [] }: VerifyOptions): Promise<number> {
  const receipts = receipt.map((file) => ({
    file,
    text: readTextFile(resolve(cli.io.cwd, file), file),
  }));
  const approver = await cli.openApprover();
  const service = await cli.openService();
  const meter = openMeter(cli, 'verifying');
  const report = await service
    .verify({ receipts, pins: approver.pins(), progress: meter.progress })
    .finally(() => meter.close());
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderVerdicts(report, resultStyle(cli), nowMs));
  return report.exit_code;
}
