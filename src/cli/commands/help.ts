import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { Cli } from '../cli.ts';
import { commands } from '../commands.ts';
import { helpTopics } from '../help-topics.ts';
import { addCommands, buildProgram } from '../program.ts';

export function helpCommand(cli: Cli): Command {
  return new Command('help')
    .description('Help on a command, or on exit-codes, environment or json.')
    .argument('[topic...]', 'a command or topic')
    .addHelpText('after', '\nExamples:\n  runbook help exec\n  runbook help exit-codes')
    .action(async (topic: readonly string[]) => cli.finish(await runHelp(cli, topic)));
}

export async function runHelp(cli: Cli, [topic, ...rest]: readonly string[]): Promise<number> {
  const text = topic === undefined ? undefined : helpTopics[topic];
  if (text !== undefined) {
    cli.io.stdout.write(text);
    return 0;
  }
  const program = buildProgram(cli.io, cli.settings);
  const command = topic === undefined ? null : await buildCommand(cli, topic);
  addCommands(program, command);
  const sub = command?.commands.find((it) => it.name() === rest[0]);
  (sub ?? command ?? program).outputHelp();
  return 0;
}

async function buildCommand(cli: Cli, name: string): Promise<Command> {
  const entry = commands.find((it) => it.name === name);
  if (entry === undefined || entry.load === null) {
    const near = closest(name, [...commands.map((it) => it.name), ...Object.keys(helpTopics)]);
    throw new UsageError({
      code: 'topic_unknown',
      message: `there is no help on \`${name}\``,
      hint: near === null ? '`runbook --help` lists what there is' : `did you mean \`${near}\`?`,
    });
  }
  return (await entry.load())(cli);
}
