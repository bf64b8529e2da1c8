import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { runPolicyTest } from './policy-test.ts';

export function policyCommand(cli: Cli): Command {
  const group = new Command('policy').description(
    'Helps to write rules, and to see what they say. Reads the files of this machine; records nothing.',
  );
  group
    .command('test')
    .summary('run tables of cases')
    .description(
      "Runs tables of cases, a company's own, against its policy: for CI. Exits with 1 where a case fails.",
    )
    .argument('<files...>', 'tables of cases')
    .addHelpText('after', '\nExample:\n  runbook policy test policy/*.cases.yaml')
    .action(async (files: readonly string[]) => cli.finish(await runPolicyTest(cli, files)));
  return group;
}
