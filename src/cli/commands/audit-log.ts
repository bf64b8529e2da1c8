import { Command, Option } from 'commander';
import { formatTime } from '../../base/clock.ts';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { countFlag } from '../flags.ts';
import { parsePast } from '../past.ts';
import { renderAuditLog } from '../render/audit.ts';
import { resultStyle } from '../styles.ts';

type Filter = Parameters<Service['auditLog']>[0];

export function auditLogCommand(cli: Cli): Command {
  return new Command('log')
    .summary('list entries')
    .description('Lists entries, the latest last. Of several filters all must hold.')
    .argument('[run]', 'only of this run')
    .option('--limit <n>', 'how many of the latest', countFlag, 50)
    .option('--person <name>', 'did it, decided it, or stands behind its run')
    .option('--runbook <name>', 'of runs of this runbook')
    .option('--environment <name>', 'of runs in this environment')
    .option('--since <time>', 'from then on: 7d, 2026-12-01, or RFC 3339')
    .option('--until <time>', 'before then')
    .addOption(new Option('--decision <which>', 'decisions alone').choices(decisions))
    .addOption(new Option('--assurance <level>', 'decisions of this level').choices(levels))
    .option('--type <type>', 'of this type: step.started, or step.*')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit log\n  runbook audit log 4f7k --limit 500 --json\n  runbook audit log --person robin --decision approve --since 30d\n  runbook audit log --type step.denied --environment prod',
    )
    .action(async (run: string | undefined, options: LogOptions) =>
      cli.finish(await runAuditLog(cli, run ?? null, options)),
    );
}

const decisions = ['approve', 'reject', 'revoke'];
const levels = ['A0', 'A1', 'A2', 'A3'];

/** As typed: times are read here, all else goes on as it is. */
export type LogOptions = Omit<Filter, 'run'>;

async function runAuditLog(
  cli: Cli,
  run: string | null,
  { since, until, ...options }: LogOptions,
): Promise<number> {
  const nowMs = cli.io.clock.now().wallMs;
  const filter = {
    ...options,
    run,
    since: since === undefined ? undefined : formatTime(parsePast(since, nowMs)),
    until: until === undefined ? undefined : formatTime(parsePast(until, nowMs)),
  };
  const service = await cli.openService();
  const entries = await service.auditLog(filter);
  cli.print({ entries }, () => renderAuditLog(entries, resultStyle(cli)));
  if (entries.length === 0) {
    cli.say('no entry fits');
  }
  return 0;
}
