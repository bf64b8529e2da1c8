import type { Command } from 'commander';
import { stringify } from 'yaml';
import { formatDuration } from '../base/duration.ts';
import { UsageError } from '../base/errors.ts';
import { adHocName } from '../runbook/ad-hoc.ts';
import { parseRunbook } from '../runbook/parse/parse.ts';
import type { Cli } from './cli.ts';
import { collect, durationFlag } from './flags.ts';
import type { OpenRunbook } from './runbooks.ts';

/** The flags of `exec -- COMMAND…` alone. */
export interface AdHocFlags {
  /** The one argument is a script for `sh -eu`. */
  readonly shell?: true;
  readonly privileged?: true;
  readonly timeout?: number;
  /** Variables taken over from this process. */
  readonly inherit?: readonly string[];
}

export function addAdHocFlags(command: Command): Command {
  return command
    .option('--shell', 'with a command: its one argument is a script for `sh -eu`')
    .option('--privileged', 'with a command: it needs approval')
    .option('--timeout <duration>', 'with a command: end it after this long', durationFlag)
    .option(
      '--inherit <variable>',
      'with a command: pass on this variable; may be repeated',
      collect,
    );
}

/** A runbook says all this itself. Throws UsageError `flags_conflict`. */
export function refuseAdHocFlags({ shell, privileged, timeout, inherit }: AdHocFlags): void {
  const given = Object.entries({ shell, privileged, timeout, inherit }).find(
    ([, value]) => value !== undefined,
  );
  if (given !== undefined) {
    throw new UsageError({
      code: 'flags_conflict',
      message: `\`--${given[0]}\` is for a command behind \`--\``,
      hint: 'a runbook says that itself',
    });
  }
}

/** What stands behind `--`; null where there is none. */
export function commandBehind(argv: readonly string[]): readonly string[] | null {
  const at = argv.indexOf('--');
  return at === -1 ? null : argv.slice(at + 1);
}

/**
 * A runbook of one step for a command line, as text: from here on it is checked, planned, gated and recorded
 * like any other. Its folder is this one, and nobody vouches for it. Throws UsageError `ad_hoc_on_server`,
 * `command_missing`, InvalidFileError.
 */
export async function adHocRunbook(
  cli: Cli,
  argv: readonly string[],
  flags: AdHocFlags,
): Promise<OpenRunbook> {
  if ((await cli.server()) !== null) {
    throw new UsageError({
      code: 'ad_hoc_on_server',
      message: 'a server runs only its own runbooks, and no command of its callers',
      hint: 'with `--local` it runs on this machine',
    });
  }
  const text = writeRunbook(argv, flags);
  const runbook = parseRunbook(text, adHocName);
  return { name: null, file: adHocName, text, dir: cli.io.cwd, trusted: false, runbook };
}

function writeRunbook(argv: readonly string[], flags: AdHocFlags): string {
  const { shell, privileged, timeout, inherit } = flags;
  return stringify(
    {
      name: adHocName,
      ...(inherit === undefined ? {} : { inherit }),
      steps: [
        {
          id: 'command',
          ...(shell === true ? { run: scriptOf(argv) } : { exec: literal(argv) }),
          ...(privileged === true ? { privileged } : {}),
          ...(timeout === undefined ? {} : { timeout: formatDuration(timeout) }),
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function scriptOf(argv: readonly string[]): string {
  const [script, ...others] = argv;
  if (script === undefined || others.length > 0) {
    throw new UsageError({
      code: 'command_missing',
      message: `\`--shell\` takes one argument behind \`--\`, the script; there are ${argv.length}`,
      hint: "put it in quotes: `runbook exec --shell -- 'df -h | sort'`",
    });
  }
  return script;
}

/** What the caller typed is no template: an expression that is the text itself stands for each `${{`. */
function literal(argv: readonly string[]): readonly string[] {
  if (argv.length === 0) {
    throw new UsageError({
      code: 'command_missing',
      message: 'there is no command behind `--`',
      hint: 'such as `runbook exec -- kubectl get pods`',
    });
  }
  // oxlint-disable-next-line no-template-curly-in-string
  return argv.map((argument) => argument.replaceAll('${{', '${{ "${{" }}'));
}
