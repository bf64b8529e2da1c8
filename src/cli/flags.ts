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

/** The flags by which a person signs: here, from a file alone, or somewhere else. */
export interface SigningFlags {
  readonly key?: string;
  readonly sshAgent?: true;
  /** What is decided about, as a file: signed without reaching the journal. */
  readonly offline?: string;
  /** What somebody signed elsewhere. */
  readonly signature?: string;
}

/** The flags by which a person decides about a request. */
export interface DecisionFlags extends SigningFlags {
  /** What is left in the spool is this account's: nothing is signed. */
  readonly account?: true;
  /** Stands for the answer that nobody can be asked for, where nothing is signed. */
  readonly yes?: true;
}

/** `exported` is the command that writes the file for `--offline`. */
export function addSigningFlags(command: Command, exported: string): Command {
  return command
    .option('--key <file>', 'sign with this SSH private key, or PKCS#8 Ed25519 key')
    .option('--ssh-agent', 'sign with a key that your SSH agent holds')
    .option(
      '--offline <file>',
      `sign for a file that \`${exported}\` wrote, and print what was signed`,
    )
    .option('--signature <file>', 'hand in what was signed elsewhere (- reads it from stdin)');
}

/** As `addSigningFlags`, where a login at a server, or an account of the host, can decide without a signature. */
export function addDecisionFlags(command: Command): Command {
  return addSigningFlags(command, 'review --export')
    .option('--account', 'without a key: your account of this host decides, by what it leaves (A0)')
    .option('--yes', 'without a key: you have read it, and nobody need ask');
}

/** A signature that is handed in says everything itself, and a file says what it is about. */
export function refuseSigningTogether(
  { key, sshAgent, offline, signature }: SigningFlags,
  said: { readonly argument: Given; readonly words: Given },
): void {
  refuseTogether({ '--key': key, '--ssh-agent': sshAgent });
  refuseBeside(
    { '--signature': signature },
    { '--key': key, '--ssh-agent': sshAgent, '--offline': offline, ...said.words },
  );
  refuseBeside({ '--offline': offline }, said.argument);
}

/** `--wait DURATION` and `--no-wait` as commander hands them over. */
export interface WaitFlags {
  readonly wait?: number | false;
}

/** Commander keeps both in one place, the later over the earlier: only its events tell that both were given. */
export function addWaitFlags(command: Command): Command {
  const given: Record<string, true> = {};
  for (const flag of ['wait', 'no-wait']) {
    command.on(`option:${flag}`, () => {
      given[`--${flag}`] = true;
      refuseTogether(given);
    });
  }
  return command
    .option('--wait <duration>', 'wait this long at a gate, such as 30m', durationFlag)
    .option('--no-wait', 'stop at the first gate');
}

/** Flags and arguments by their names; undefined are those that were not given. */
type Given = Readonly<Record<string, unknown>>;

/** At most one of these may be given. Throws UsageError `flags_conflict`. */
export function refuseTogether(flags: Given): void {
  const given = Object.keys(flags).filter((name) => flags[name] !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw new UsageError({
      code: 'flags_conflict',
      message: `\`${first}\` and \`${second}\` do not go together`,
    });
  }
}

/** None of the others may be given beside this one. Throws UsageError `flags_conflict`. */
export function refuseBeside(one: Given, others: Given): void {
  for (const [name, value] of Object.entries(others)) {
    refuseTogether({ [name]: value, ...one });
  }
}

/** The flags by which parameters are given. */
export function addParamFlags(command: Command): Command {
  return command
    .option('-p, --param <key=value>', 'a parameter; may be repeated', collect)
    .option('--params-file <file>', 'parameters as a JSON or YAML object (- reads stdin)');
}
