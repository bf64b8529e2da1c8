import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { renderMe } from '../render/me.ts';
import { resultStyle } from '../styles.ts';

export function whoamiCommand(cli: Cli): Command {
  return new Command('whoami')
    .description(
      'Says who you are taken for, here or by the server that is configured, and what you may do.',
    )
    .addHelpText('after', '\nExamples:\n  runbook whoami\n  runbook whoami --json')
    .action(async () => cli.finish(await runWhoami(cli)));
}

export async function runWhoami(cli: Cli): Promise<number> {
  const server = (await cli.server())?.url ?? null;
  const service = await cli.openService();
  const me = await service.me();
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ ...me, server }, () => renderMe(me, server, { style: resultStyle(cli), nowMs }));
  return 0;
}
