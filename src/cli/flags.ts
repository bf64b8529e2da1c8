import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../base/duration.ts';
import { UsageError } from '../base/errors.ts';

/** For flags that may stand there several times. */
export function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** `30m` in milliseconds. */
export function durationFlag(value: string): number {
  return parseDuration(value);
}

/** A whole number from 1 on. */
export function countFlag(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) {
    throw new InvalidArgumentError('Give a whole number from 1 on.');
  }
  return Number(value);
}

/** The flags by which a person signs. */
export interface SigningFlags {
  readonly key?: string;
  readonly sshAgent?: true;
}

export function addSigningFlags(command: Command): Command {
  return command
    .option('--key <file>', 'sign with this SSH private key, or PKCS#8 Ed25519 key')
    .option('--ssh-agent', 'sign with a key that your SSH agent holds');
}

/** At most one of these flags may be given. */
export function refuseTogether(flags: Readonly<Record<string, unknown>>): void {
  const given = Object.keys(flags).filter((name) => flags[name] !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw new UsageError({
      code: 'flags_conflict',
      message: `\`${first}\` and \`${second}\` do not go together`,
    });
  }
}

/** The flags by which parameters are given. */
export function addParamFlags(command: Command): Command {
  return command
    .option('-p, --param <key=value>', 'a parameter; may be repeated', collect)
    .option('--params-file <file>', 'parameters as a JSON or YAML object (- reads stdin)');
}
