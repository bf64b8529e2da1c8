import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { countFlag } from '../flags.ts';
import { renderAuditLog } from '../render/audit.ts';
import { resultStyle } from '../styles.ts';

export function auditLogCommand(cli: Cli): Command {
  return new Command('log')
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
