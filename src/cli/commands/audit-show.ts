import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { Cli } from '../cli.ts';

export function auditShowCommand(cli: Cli): Command {
  return new Command('show')
    .summary('print one entry with its proof')
    .description('Prints one entry whole, with the proof that it stands in the journal.')
    .argument('<index>', 'its number')
    .addHelpText('after', '\nExample:\n  runbook audit show 12')
    .action(async (index: string) => cli.finish(await runAuditShow(cli, index)));
}

async function runAuditShow(cli: Cli, index: string): Promise<number> {
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
