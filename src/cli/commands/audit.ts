import { resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { Cli } from '../cli.ts';
import { countFlag } from '../flags.ts';
import { openMeter } from '../meter.ts';
import { readTextFile } from '../params.ts';
import { renderAuditLog, renderVerdicts } from '../render/audit.ts';
import { resultStyle } from '../styles.ts';
import { notBuiltYet } from '../usage.ts';

export function auditCommand(cli: Cli): Command {
  const group = new Command('audit').description('Reads and verifies the journal.');
  group
    .command('log')
    .summary('list entries')
    .description('Lists entries, the latest last.')
    .argument('[run]', 'only of this run')
    .option('--limit <n>', 'how many of the latest', countFlag, 50)
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit log\n  runbook audit log 4f7k --limit 500 --json',
    )
    .action(async (run: string | undefined, options: { limit: number }) =>
      cli.finish(await runAuditLog(cli, { run: run ?? null, limit: options.limit })),
    );
  group
    .command('show')
    .summary('print one entry with its proof')
    .description('Prints one entry whole, with the proof that it stands in the journal.')
    .argument('<index>', 'its number')
    .addHelpText('after', '\nExample:\n  runbook audit show 12')
    .action(async (index: string) => cli.finish(await runAuditShow(cli, index)));
  group
    .command('verify')
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
  group
    .command('export', { hidden: true })
    .argument('[anything...]')
    .allowUnknownOption()
    .action(() => {
      throw notBuiltYet('runbook audit export');
    });
  return group;
}

export async function runAuditLog(
  cli: Cli,
  filter: { readonly run: string | null; readonly limit: number },
): Promise<number> {
  const service = await cli.openService();
  const entries = await service.auditLog(filter);
  cli.print({ entries }, () => renderAuditLog(entries, resultStyle(cli)));
  return 0;
}

export async function runAuditShow(cli: Cli, index: string): Promise<number> {
  if (!/^\d{1,15}$/.test(index)) {
    throw new UsageError({
      code: 'index_invalid',
      message: `\`${index}\` is not an entry's number`,
      hint: '`runbook audit log` lists them',
    });
  }
  const service = await cli.openService();
  const entry = await service.auditShow(Number(index));
  cli.print({ entry }, () => `${JSON.stringify(entry, null, 2)}\n`);
  return 0;
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
