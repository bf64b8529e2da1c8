import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type PolicyCheckFlags, runPolicyCheck } from './policy-check.ts';
import { runPolicyTest } from './policy-test.ts';

export function policyCommand(cli: Cli): Command {
  const group = new Command('policy').description(
    'Helps to write rules, and to see what they say. Reads the files of this machine; records nothing.',
  );
  addFileFlags(group.command('check'))
    .summary('find rules that do not do what they say')
    .description(
      'Finds rules that never match or never make a difference, and slots that nobody can fill. What is written wrong is an error (exit 2); all else are warnings.',
    )
    .option('--strict', 'exit with 1 where there is a warning')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook policy check\n  runbook policy check --policy new.yaml --strict',
    )
    .action(async (flags: PolicyCheckFlags) => cli.finish(await runPolicyCheck(cli, flags)));
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

function addFileFlags(command: Command): Command {
  return command
    .option('--policy <file>', 'instead of the policy.yaml in force')
    .option('--people <file>', 'instead of the people.yaml in force')
    .option('--config <file>', 'instead of the config.yaml in force');
}
