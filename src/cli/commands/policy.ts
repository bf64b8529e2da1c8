import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { addParamFlags, countFlag } from '../flags.ts';
import { addStartFlags } from '../start-input.ts';
import { type PolicyCheckFlags, runPolicyCheck } from './policy-check.ts';
import { type PolicyDiffFlags, runPolicyDiff } from './policy-diff.ts';
import { type PolicyExplainFlags, runPolicyExplain } from './policy-explain.ts';
import { runPolicyTest } from './policy-test.ts';

export function policyCommand(cli: Cli): Command {
  const group = new Command('policy').description(
    'Helps to write rules, and to see what they say. Reads the files of this machine; records nothing.',
  );
  addCheck(cli, group);
  addExplain(cli, group);
  addTest(cli, group);
  addDiff(cli, group);
  return group;
}

function addCheck(cli: Cli, group: Command): void {
  group
    .command('check')
    .summary('find rules that do not do what they say')
    .description(
      'Finds rules that never match or never make a difference, and slots that nobody can fill. What is written wrong is an error (exit 2); all else are warnings.',
    )
    .option('--policy <file>', 'instead of the policy.yaml in force')
    .option('--people <file>', 'instead of the people.yaml in force')
    .option('--config <file>', 'instead of the config.yaml in force')
    .option('--strict', 'exit with 1 where there is a warning')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook policy check\n  runbook policy check --policy new.yaml --strict',
    )
    .action(async (flags: PolicyCheckFlags) => cli.finish(await runPolicyCheck(cli, flags)));
}

function addExplain(cli: Cli, group: Command): void {
  addStartFlags(addParamFlags(group.command('explain')))
    .summary('say what policy says to a runbook, and why')
    .description(
      'Says to each step which rules have a say and why the others have none, who can approve it and who cannot, and what would lift a denial. Nothing is signed, and the journal is not touched.',
    )
    .argument('<runbook>', 'its name, or a file')
    .option('--as <name>', 'as if this person started it')
    .option(
      '--agent <id>',
      'as if this agent did: with a token of its own, or in the account of --as',
    )
    .option('--ci <job>', 'as if this CI job did, such as github/acme/infra')
    .option('--actor <id>', 'who set off that job, such as github/ana')
    .option('--at <time>', 'as if it were then: `+2h`, `22:00`, `2026-12-24 22:00`, or RFC 3339')
    .option('--step <id>', 'only this step')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook policy explain restart-cluster -e prod\n  runbook policy explain export -e prod --agent deploy-bot --at 2026-03-01T10:00:00Z',
    )
    .action(async (runbook: string, flags: PolicyExplainFlags) =>
      cli.finish(await runPolicyExplain(cli, runbook, flags)),
    );
}

function addTest(cli: Cli, group: Command): void {
  group
    .command('test')
    .summary('run tables of cases')
    .description(
      "Runs tables of cases, a company's own, against its policy: for CI. Exits with 1 where a case fails.",
    )
    .argument('<files...>', 'tables of cases')
    .addHelpText('after', '\nExample:\n  runbook policy test policy/*.cases.yaml')
    .action(async (files: readonly string[]) => cli.finish(await runPolicyTest(cli, files)));
}

function addDiff(cli: Cli, group: Command): void {
  group
    .command('diff')
    .summary('show what other rules would have decided')
    .description(
      'Asks other rules about everything that policy was asked about in the recorded runs, and shows where they answer otherwise. Lists answer as they did then.',
    )
    .option('--policy <file>', 'instead of the policy.yaml in force')
    .option('--people <file>', 'instead of the people.yaml in force')
    .option('--since <time>', 'only runs from then on: a time, or how long ago, such as 7d')
    .option('--limit <n>', 'how many of the latest runs', countFlag, 1000)
    .option('--exit-code', 'exit with 1 where something differs')
    .addHelpText('after', '\nExample:\n  runbook policy diff --policy new.yaml --since 30d')
    .action(async (flags: PolicyDiffFlags) => cli.finish(await runPolicyDiff(cli, flags)));
}
