import type { Command, CommanderError } from 'commander';
import { UsageError } from '../base/errors.ts';

/** Commander's complaint about the arguments of a command, null before there is one, in our form. */
export function usageErrorOf(error: CommanderError, command: Command | null): UsageError {
  const [, words = error.message, near] =
    /^(?:error: )?(.*?)\.?(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/s.exec(error.message) ?? [];
  return new UsageError({
    code: 'usage',
    message: words.replaceAll(/'([^']*)'/g, '`$1`'),
    hint: near === undefined ? hintFor(command) : `did you mean \`${near}\`?`,
  });
}

function hintFor(command: Command | null): string {
  if (command === null) {
    return seeHelp('');
  }
  const [, second = '-'] = command.args;
  return command.name() === 'exec' && !second.startsWith('-')
    ? `a runbook takes its parameters by \`-p\`; for a command: \`runbook exec -- ${command.args.join(' ')}\``
    : seeHelp(pathOf(command));
}

/** With the nested command that the arguments name: `break-glass review`. Parsing leaves them in `args`. */
function pathOf(command: Command): string {
  const nested = command.commands.find((child) => child.name() === command.args[0]);
  return nested === undefined ? command.name() : `${command.name()} ${pathOf(nested)}`;
}

/** A command or flag of the contract that does not exist yet. */
export function notBuiltYet(what: string): UsageError {
  return new UsageError({ code: 'not_built_yet', message: `\`${what}\` is not built yet` });
}

/** A flag that is required in this use of a command alone, in the words that commander has for others. */
export function optionMissing(command: string, flag: string): UsageError {
  return new UsageError({
    code: 'usage',
    message: `required option \`${flag}\` not specified`,
    hint: seeHelp(command),
  });
}

/** As `optionMissing`, for an argument. */
export function argumentMissing(command: string, name: string): UsageError {
  return new UsageError({
    code: 'usage',
    message: `missing required argument \`${name}\``,
    hint: seeHelp(command),
  });
}

function seeHelp(command: string): string {
  return `\`runbook ${command === '' ? '' : `${command} `}--help\` lists what there is`;
}
