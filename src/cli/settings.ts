import type { Io, OutputStream } from './io.ts';

/** What the flags that every command takes say, together with the surroundings. */
export interface Settings {
  readonly output: OutputFormat;
  readonly debug: boolean;
  /** This machine's own journal, although a server is configured. */
  readonly local: boolean;
  /** Somebody can be asked: a terminal at both ends, and neither CI, an agent nor `--no-input`. */
  readonly interactive: boolean;
  readonly colour: { readonly stdout: boolean; readonly stderr: boolean };
  readonly columns: { readonly stdout: number; readonly stderr: number };
}

export const outputFormats = ['text', 'json', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export const colourChoices = ['auto', 'always', 'never'] as const;

/** The global flags as commander hands them over. */
export interface GlobalFlags {
  readonly output?: OutputFormat;
  readonly json?: true;
  readonly color?: (typeof colourChoices)[number] | false;
  readonly input?: boolean;
  readonly debug?: true;
  readonly local?: true;
}

export function readSettings(flags: GlobalFlags, io: Io): Settings {
  return {
    output: flags.json === true ? 'json' : (flags.output ?? 'text'),
    debug: flags.debug === true || isSet(io.env['RUNBOOK_DEBUG']),
    local: flags.local === true,
    interactive: flags.input !== false && isInteractive(io),
    colour: { stdout: hasColour(io.stdout, flags, io), stderr: hasColour(io.stderr, flags, io) },
    columns: { stdout: widthOf(io.stdout), stderr: widthOf(io.stderr) },
  };
}

/** For errors in the flags themselves: whether they should be JSON is read from the bare arguments. */
export function settingsBefore(argv: readonly string[], io: Io): Settings {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const line = ` ${flags.join(' ')} `;
  const json = / --json | --output[ =](nd)?json /.test(line);
  return readSettings(
    { ...(json ? { json: true } : {}), ...(line.includes(' --debug ') ? { debug: true } : {}) },
    io,
  );
}

function isInteractive(io: Io): boolean {
  const terminal = io.stdin.isTTY === true && io.stderr.isTTY === true;
  return terminal && !isSet(io.env['CI']) && !isSet(io.env['RUNBOOK_AGENT']);
}

// The order of no-color.org and force-color.org: the flag, then NO_COLOR, then FORCE_COLOR, then the stream.
function hasColour(stream: OutputStream, { color }: GlobalFlags, { env }: Io): boolean {
  if (color === false || color === 'never') {
    return false;
  }
  if (color === 'always') {
    return true;
  }
  if ((env['NO_COLOR'] ?? '') !== '') {
    return false;
  }
  return isSet(env['FORCE_COLOR']) || (stream.isTTY === true && env['TERM'] !== 'dumb');
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

/** Where nobody looks through a window, lines are as long as they are. */
function widthOf(stream: OutputStream): number {
  const width = stream.isTTY === true ? (stream.columns ?? 80) : 100;
  return Math.max(20, width);
}
