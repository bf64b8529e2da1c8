import { type Command, CommanderError } from 'commander';
import { UsageError } from '../base/errors.ts';
import { closest } from '../base/suggest.ts';
import { type Cli, type LoadApp, openCli } from './cli.ts';
import { commands } from './commands.ts';
import { refuseTogether } from './flags.ts';
import type { Io } from './io.ts';
import { printError } from './print-error.ts';
import { addCommands, buildProgram } from './program.ts';
import { type GlobalFlags, readSettings, settingsBefore } from './settings.ts';
import { notBuiltYet, usageErrorOf } from './usage.ts';

const loadRealApp: LoadApp = async () => import('../app.ts');

/**
 * One invocation of the CLI, from its arguments (program and script left out) to its exit code. Never
 * throws; whatever goes wrong has been said on stderr.
 */
export async function run(
  argv: readonly string[],
  io: Io,
  loadApp: LoadApp = loadRealApp,
): Promise<number> {
  let settings = settingsBefore(argv, io);
  let command = '';
  let loaded: Command | null = null;
  try {
    const program = buildProgram(io, settings);
    command = program.parseOptions([...argv]).operands[0] ?? '';
    refuseTwoFormats(program.opts<GlobalFlags>());
    settings = readSettings(await withProjectsOutput(program.opts<GlobalFlags>(), io, command), io);
    const cli = await openCli({ io, settings, argv, loadApp });
    try {
      loaded = command === '' ? null : await loadCommand(command, cli);
      addCommands(program, loaded);
      await program.parseAsync([...ownArguments(argv, command)], { from: 'user' });
      return cli.exitCode();
    } finally {
      await cli.close();
    }
  } catch (error) {
    return isHelp(error) ? helpExit(error) : printError(inOurWords(error, loaded), io, settings);
  }
}

/** What stands behind the `--` of `exec` is another program's: none of it is a flag of ours. */
function ownArguments(argv: readonly string[], command: string): readonly string[] {
  const end = command === 'exec' ? argv.indexOf('--') : -1;
  return end === -1 ? argv : argv.slice(0, end);
}

/** `--json` says the same as `--output json`, and nothing beside another format. */
function refuseTwoFormats({ json, output }: GlobalFlags): void {
  const other = output === 'json' ? undefined : output;
  refuseTogether({ '--json': json, [`--output ${other}`]: other });
}

/** The project's own file may say how results are printed; a flag says it louder. */
async function withProjectsOutput(
  flags: GlobalFlags,
  io: Io,
  command: string,
): Promise<GlobalFlags> {
  if (flags.output !== undefined || flags.json === true || command === '' || command === 'help') {
    return flags;
  }
  const { loadProject } = await import('../config/project.ts');
  const { output } = await loadProject(io.cwd);
  return output === null ? flags : { ...flags, output };
}

async function loadCommand(name: string, cli: Cli): Promise<Command> {
  const entry = commands.find((it) => it.name === name);
  if (entry === undefined) {
    const near = closest(
      name,
      commands.filter((it) => it.load !== null).map((it) => it.name),
    );
    throw new UsageError({
      code: 'command_unknown',
      message: `there is no command \`${name}\``,
      hint: near === null ? '`runbook --help` lists them' : `did you mean \`runbook ${near}\`?`,
    });
  }
  if (entry.load === null) {
    throw notBuiltYet(`runbook ${name}`);
  }
  const build = await entry.load();
  return build(cli);
}

/** Help and version end commander's parsing by an error that is none. */
function isHelp(error: unknown): error is CommanderError {
  return (
    error instanceof CommanderError &&
    ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
  );
}

/** Help that nobody asked for (`runbook`, `runbook people`) stands for a usage error. */
function helpExit(error: CommanderError): number {
  return error.exitCode === 0 ? 0 : 2;
}

function inOurWords(error: unknown, command: Command | null): unknown {
  return error instanceof CommanderError ? usageErrorOf(error, command) : error;
}
