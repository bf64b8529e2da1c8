import { Command, Option } from 'commander';
import { version } from '../base/version.ts';
import { commands } from './commands.ts';
import { helpLayout } from './help-layout.ts';
import type { Io } from './io.ts';
import { colourChoices, outputFormats, type Settings } from './settings.ts';

/** `runbook` itself: the flags every command takes, and a stub for each command, for the help. */
export function buildProgram(io: Io, settings: Settings): Command {
  return new Command('runbook')
    .description(
      'Runs YAML runbooks, and stops before every privileged step until another person has approved exactly what will run.',
    )
    .usage('COMMAND [options]')
    .exitOverride()
    .helpCommand(false)
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('--output <format>', 'how to print results: text, json or ndjson').choices(
        outputFormats,
      ),
    )
    .option('--json', 'short for --output json')
    .addOption(
      new Option('--color <when>', 'paint what is printed: auto, always or never').choices(
        colourChoices,
      ),
    )
    .option('--no-color', 'the same as --color=never')
    .option('--no-input', 'never ask; say which flag is missing')
    .option('--local', "use this machine's own journal, although a server is configured")
    .option('--debug', 'show where an error comes from')
    .configureHelp(helpLayout)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // Errors are printed in one place, by `printError`.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(settings.columns.stdout, 100),
      getErrHelpWidth: () => Math.min(settings.columns.stderr, 100),
      getOutHasColors: () => settings.colour.stdout,
      getErrHasColors: () => settings.colour.stderr,
    })
    .addHelpText(
      'after',
      '\nMore: runbook help COMMAND|TOPIC\nTopics: exit-codes, environment, json',
    );
}

/** Lists every command, with the one that was asked for in the place of its stub. */
export function addCommands(program: Command, wanted: Command | null): void {
  for (const { name, summary, group, load } of commands) {
    const command = wanted?.name() === name ? wanted : new Command(name);
    command.summary(summary).helpGroup(group);
    program.addCommand(command, { hidden: load === null });
    inherit(program, command);
  }
}

function inherit(parent: Command, command: Command): void {
  command.copyInheritedSettings(parent).helpCommand(false);
  for (const child of command.commands) {
    inherit(command, child);
  }
}
