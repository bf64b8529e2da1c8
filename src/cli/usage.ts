import type { CommanderError } from 'commander';
import { UsageError } from '../base/errors.ts';

/** Commander's complaint about the arguments, in our form. */
export function usageErrorOf(error: CommanderError, command: string): UsageError {
  const [, words = error.message, near] =
    /^(?:error: )?(.*?)\.?(?:\n\(Did you mean (?:one of )?(.*)\?\))?$/s.exec(error.message) ?? [];
  const help = `\`runbook ${command === '' ? '' : `${command} `}--help\` lists what there is`;
  return new UsageError({
    code: 'usage',
    message: words.replaceAll(/'([^']*)'/g, '`$1`'),
    hint: near === undefined ? help : `did you mean \`${near}\`?`,
  });
}

/** A command or flag of the contract that does not exist yet. */
export function notBuiltYet(what: string): UsageError {
  return new UsageError({ code: 'not_built_yet', message: `\`${what}\` is not built yet` });
}
