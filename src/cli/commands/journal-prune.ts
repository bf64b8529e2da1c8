import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { durationFlag, refuseTogether } from '../flags.ts';
import { parsePast } from '../past.ts';
import { formatInstant } from '../render/span.ts';
import { renderTable } from '../render/table.ts';
import { resultStyle } from '../styles.ts';

type PruneReport = Awaited<ReturnType<Service['prune']>>;

export function journalPruneCommand(cli: Cli): Command {
  return new Command('prune')
    .summary('reduce old runs to their hashes')
    .description(
      'Reduces the entries of runs that ended long ago to their leaf hashes, deletes their content, and records who did it and why. Every proof made before still holds. What is still needed stays, and is named. A person does it, no agent; and no run goes sooner than `retention.keep` in config.yaml says, or 30 days.',
    )
    .option('--before <time>', 'runs whose last entry is older: 2026-01-01, or RFC 3339')
    .option('--keep <duration>', 'runs whose last entry is older than this: 400d', durationFlag)
    .option('--dry-run', 'only say what would go, and what would stay')
    .requiredOption('--reason <text>', 'why, for the journal')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook journal prune --keep 400d --reason "retention policy" --dry-run\n  runbook journal prune --before 2026-01-01 --reason "retention policy"',
    )
    .action(async (options: PruneOptions) => cli.finish(await runJournalPrune(cli, options)));
}

export interface PruneOptions {
  readonly before?: string;
  readonly keep?: number;
  readonly dryRun?: true;
  readonly reason: string;
}

async function runJournalPrune(cli: Cli, options: PruneOptions): Promise<number> {
  const { before, keep, dryRun = false, reason } = options;
  refuseTogether({ '--before': before, '--keep': keep });
  const beforeMs = timeOf({ before, keep }, cli.io.clock.now().wallMs);
  const service = await cli.openService();
  const report = await service.prune({ beforeMs, dryRun, reason });
  cli.print(report, () => describePruned(report));
  if (report.kept.length > 0 && cli.settings.output === 'text') {
    cli.say('old enough, and kept:');
    cli.say(
      renderTable(
        report.kept.map(({ run, why }) => [{ text: run }, { text: why }]),
        resultStyle(cli).columns,
      ).trimEnd(),
    );
  }
  return 0;
}

function timeOf(
  { before, keep }: { readonly before: string | undefined; readonly keep: number | undefined },
  nowMs: number,
): number {
  if (keep !== undefined) {
    return nowMs - keep;
  }
  if (before === undefined) {
    throw new UsageError({
      code: 'nothing_named',
      message: 'nothing says how old a run must be',
      hint: 'name a time: `--keep 400d`, or `--before 2026-01-01`',
    });
  }
  return parsePast(before, nowMs);
}

function describePruned({ dry_run, before, runs, entries, recorded }: PruneReport): string {
  const what = `${counted(runs, 'run', 'runs')}, ${counted(entries, 'entry', 'entries')}`;
  const when = `that ended before ${formatInstant(before)}`;
  if (runs === 0) {
    return `there is nothing to prune ${when}\n`;
  }
  return dry_run
    ? `would prune ${what} ${when}; nothing was done\n`
    : `pruned ${what} ${when}, as entry ${recorded.join(', ')} says\n`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
