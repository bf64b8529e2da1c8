import type * as appModule from '../app.ts';
import type { Io } from './io.ts';
import { loadPaint, type Paint } from './paint.ts';
import { openServices, type Services } from './services.ts';
import type { Settings } from './settings.ts';

/** What a command works with. Everything heavy is loaded when it is first asked for. */
export interface Cli extends Services {
  readonly io: Io;
  readonly settings: Settings;
  /** Arguments as typed. */
  readonly argv: readonly string[];
  /** Styles for results, and for talk. */
  readonly paint: { readonly stdout: Paint; readonly stderr: Paint };
  openApprover(): Promise<Approver>;
  /** What other accounts of this host ask for; null where there is no spool. */
  openSpool(): Promise<Spool | null>;
  /** Whether there is a journal of this account; none is made. */
  hasJournal(): Promise<boolean>;
  openSigner(choice: SignerChoice, wanted: readonly string[]): ReturnType<AppModule['openSigner']>;
  /** The engine as `runbook serve` has it. Whoever opens it closes it. */
  openServing(options: ServingOptions): Promise<ServingOffice>;
  /** Whom people can log in with at this server. */
  openLogins(): Promise<ReturnType<AppModule['openLogins']>>;
  /** Judges a copy of a log; this account needs no journal for it. */
  verifyCopy(location: string, input: CopyInput): ReturnType<AppModule['verifyCopy']>;
  /** A result: one JSON object, or the text that `render` makes. */
  print(result: object, render: () => string): void;
  /** Talk, on stderr; silent where the output is JSON. */
  say(line: string): void;
  /** A warning is said in every format. */
  warn(line: string): void;
  /** What a command's action ends with. */
  finish(exitCode: number): void;
}

type AppModule = typeof appModule;
export type Approver = ReturnType<AppModule['openApprover']>;
export type Spool = NonNullable<ReturnType<AppModule['openSpool']>>;
export type SignerChoice = Parameters<AppModule['openSigner']>[0];

export type CopyInput = Parameters<AppModule['verifyCopy']>[2];

export type ServingOptions = Parameters<AppModule['openServing']>[1];
export type ServingOffice = ReturnType<AppModule['openServing']>;

/** Where commands get the engine from; tests may bring another. */
export type LoadApp = () => Promise<
  Pick<
    AppModule,
    | 'openApp'
    | 'openApprover'
    | 'openSigner'
    | 'openServing'
    | 'openLogins'
    | 'openSpool'
    | 'hasJournal'
    | 'verifyCopy'
  >
>;

export interface OpenCli extends Cli {
  exitCode(): number;
  close(): Promise<void>;
}

export interface CliInput {
  readonly io: Io;
  readonly settings: Settings;
  readonly argv: readonly string[];
  readonly loadApp: LoadApp;
}

export async function openCli(input: CliInput): Promise<OpenCli> {
  const { io, settings, argv, loadApp } = input;
  let exitCode = 0;
  const warn = (line: string): void => {
    io.stderr.write(`warning: ${line}\n`);
  };
  const surroundings = (withTerminal: boolean): appModule.Surroundings => ({
    env: io.env,
    cwd: io.cwd,
    terminal: withTerminal ? terminalOf(input) : null,
    warn,
  });
  const services = openServices({ io, settings, loadApp, surroundings });
  return {
    ...services,
    io,
    settings,
    argv,
    paint: {
      stdout: await loadPaint(settings.colour.stdout),
      stderr: await loadPaint(settings.colour.stderr),
    },
    ...openings(loadApp, surroundings),
    print(result, render) {
      const text = settings.output === 'text' ? render() : `${JSON.stringify(result)}\n`;
      io.stdout.write(text);
    },
    say(line) {
      if (settings.output === 'text') {
        io.stderr.write(`${line}\n`);
      }
    },
    warn,
    finish(code) {
      exitCode = code;
    },
    exitCode: () => exitCode,
  };
}

/** What the program is made of, loaded where a command first needs it. */
function openings(
  loadApp: LoadApp,
  surroundings: (withTerminal: boolean) => appModule.Surroundings,
): Pick<
  OpenCli,
  | 'openApprover'
  | 'openSpool'
  | 'hasJournal'
  | 'openSigner'
  | 'openServing'
  | 'openLogins'
  | 'verifyCopy'
> {
  const here = () => surroundings(false);
  return {
    openApprover: async () => (await loadApp()).openApprover(here()),
    openSpool: async () => (await loadApp()).openSpool(here()),
    hasJournal: async () => (await loadApp()).hasJournal(here()),
    openSigner: async (choice, wanted) =>
      (await loadApp()).openSigner(choice, { ...here(), wanted }),
    openServing: async (options) => (await loadApp()).openServing(here(), options),
    openLogins: async () => (await loadApp()).openLogins(here()),
    verifyCopy: async (location, input) => (await loadApp()).verifyCopy(here(), location, input),
  };
}

function terminalOf({ io, settings }: CliInput): appModule.Terminal {
  return {
    input: io.stdin,
    output: io.stderr,
    columns: settings.columns.stderr,
    colour: settings.colour.stderr,
  };
}
