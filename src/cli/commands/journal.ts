import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { openMeter } from '../meter.ts';
import { journalEraseCommand } from './journal-erase.ts';
import { journalKeyCommand } from './journal-key.ts';
import { journalPruneCommand } from './journal-prune.ts';

export function journalCommand(cli: Cli): Command {
  const group = new Command('journal').description("The journal's own upkeep.");
  group
    .command('rebuild')
    .summary('make every index again')
    .description(
      'Makes every index again from the entries. The entries themselves are only read: nothing in them can change.',
    )
    .addHelpText('after', '\nExample:\n  runbook journal rebuild')
    .action(async () => cli.finish(await runJournalRebuild(cli)));
  group.addCommand(journalKeyCommand(cli));
  group.addCommand(journalEraseCommand(cli));
  group.addCommand(journalPruneCommand(cli));
  return group;
}

export async function runJournalRebuild(cli: Cli): Promise<number> {
  const service = await cli.openService();
  const meter = openMeter(cli, 'rebuilding');
  try {
    await service.rebuild(meter.progress);
  } finally {
    meter.close();
  }
  cli.print({ rebuilt: true }, () => 'every index is made again\n');
  return 0;
}
