import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { openActions } from './actions/open-actions.ts';
import { systemClock } from './base/clock.ts';
import { RunbookError } from './base/errors.ts';
import type { JsonObject } from './base/json.ts';
import { lazy } from './base/lazy.ts';
import { version } from './base/version.ts';
import type { ChannelKind } from './channels/channel-kind.ts';
import { email } from './channels/email/kind.ts';
import { checkChannels, openReceptions } from './channels/open-receptions.ts';
import { slack } from './channels/slack/kind.ts';
import { spool } from './channels/spool/kind.ts';
import { openSpoolReader, type Spool } from './channels/spool/read-spool.ts';
import { spoolOf } from './channels/spool/settings.ts';
import { teams } from './channels/teams/kind.ts';
import { terminalChannel } from './channels/terminal.ts';
import type { SignHere } from './channels/terminal-key.ts';
import { webhooks } from './channels/webhooks/kind.ts';
import { askList } from './config/ask-list.ts';
import { callerOf } from './config/caller.ts';
import { findRunbook, listRunbooks, type RunbookPlaces } from './config/find-runbook.ts';
import { gitAuthors } from './config/git-authors.ts';
import { loadTrusted, loadTrustedText } from './config/load.ts';
import { loadConfig } from './config/load-config.ts';
import { approverDir, stateDir } from './config/paths.ts';
import { loadProject } from './config/project.ts';
import type { Engine, Trusted } from './engine/engine.ts';
import { type Elsewhere, localService } from './engine/local-service.ts';
import { openOffice } from './engine/office/open-office.ts';
import type { Office } from './engine/office.ts';
import { type PolicyTools, policyTools } from './engine/policy/tools.ts';
import { findCopyFile } from './engine/proof/find-copy.ts';
import { judgeForkFile, maxForkBytes } from './engine/proof/fork-proof.ts';
import { type CopyInput, verifyCopy as verifyCopyIn } from './engine/proof/verify-copy.ts';
import { examine } from './engine/report/examine.ts';
import type { Service } from './engine/service.ts';
import type { VerifyReport } from './engine/verify.ts';
import { issuerChecks } from './login/issuer-checks.ts';
import type { Login } from './login/login.ts';
import { checkLogin, openLogins as openLoginsOf } from './login/open-logins.ts';
import { listRunbook } from './runbook/list-runbook.ts';
import { type Approver, openApprover as putApproverTogether } from './signers/approver.ts';
import { openApproverMemory } from './signers/approver-memory.ts';
import { openKeyFile } from './signers/key-file.ts';
import { openKeyRing } from './signers/key-ring.ts';
import { signHere } from './signers/sign-here.ts';
import type { ApproverSigner } from './signers/signer.ts';
import { agentSigner } from './signers/ssh-agent.ts';
import { checkSinks, openSinks } from './sinks/open-sinks.ts';
import { openTileFiles } from './sinks/tile-files.ts';
import { openSqliteStore } from './store/sqlite/open-store.ts';
import type { Store } from './store/store.ts';

/** Every way to reach reviewers that `config.yaml` can name under `channels`: one import and one entry each. */
export const channelKinds: readonly ChannelKind[] = [slack, teams, email, webhooks, spool];

/** What the process brings along. Doors pass it in; nothing below reads the process itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The terminal a waiting run may talk to; null where there is none. */
  readonly terminal: Terminal | null;
  /** Says a warning to whoever called; nobody hears it unless given. */
  readonly warn?: (line: string) => void;
  /** Ways to reach reviewers; all that there are unless said. */
  readonly channelKinds?: readonly ChannelKind[];
}

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  readonly columns: number;
  readonly colour: boolean;
}

/** The engine with every brand in its place. */
export interface App {
  readonly service: Service;
  readonly policyTools: PolicyTools;
  close(): Promise<void>;
}

/** Config → engine. The journal is opened, and made where it is new, when a command first needs it. */
export function openApp(surroundings: Surroundings): App {
  const { engine, elsewhere, close } = openEngine(surroundings);
  return {
    service: localService(engine, elsewhere),
    policyTools: policyTools(engine, {
      runbooks: elsewhere.runbooks,
      trustedText: (name) => loadTrustedText(surroundings.env, name),
    }),
    close,
  };
}

/** What a process that stays says of itself. */
export interface Serving {
  /** Where people reach it; null where nobody said. */
  readonly url: string | null;
  /** Runs worked on at the same time. */
  readonly workers: number;
  /** How long steps that run may go on once it stops. */
  readonly graceMs: number;
  /** Structured log: what gave trouble and is tried again, and what came in. */
  readonly log: (line: JsonObject) => void;
}

/** The office, and the journal it keeps. Whoever opens it closes it. */
export interface ServingOffice extends Office {
  readonly origin: string;
  close(): Promise<void>;
}

/** The engine for a process that stays: it drives the runs of the API and serves the receptions. */
export function openServing(
  surroundings: Surroundings,
  { log, ...serving }: Serving,
): ServingOffice {
  const { engine, elsewhere: here, close } = openEngine(surroundings, log, true);
  // What it can be asked for must not depend on where it was started.
  const elsewhere = { ...here, ...runbooksOf(surroundings, async () => ({ folders: [] })) };
  const office = openOffice(engine, {
    ...serving,
    serviceFor: (theirs) => localService(theirs, elsewhere),
    onTrouble: (place, error) => log({ event: 'trouble', place, message: messageOf(error) }),
  });
  return { ...office, origin: engine.store.origin, close };
}

/** A bug is told with where it happened; what can go wrong in the world, in words. */
function messageOf(error: unknown): string {
  if (error instanceof RunbookError) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function openEngine(
  surroundings: Surroundings,
  log: (line: JsonObject) => void = () => undefined,
  served = false,
): {
  readonly engine: Engine;
  readonly elsewhere: Elsewhere;
  readonly close: App['close'];
} {
  const { env, terminal, channelKinds: kinds = channelKinds } = surroundings;
  const deps = { clock: systemClock, env, log, served };
  const receptions = lazy(() => openReceptions(loadConfig(env).channels, kinds, deps));
  const sinks = lazy(() => openSinks(loadConfig(env).sinks, deps));
  const self = describeSelf();
  let store: Store | null = null;
  const engine: Engine = {
    ...self,
    get store() {
      store ??= openStore(env, self);
      return store;
    },
    actions: openActions({ clock: systemClock }),
    channels: terminal === null ? [] : [terminalChannel(terminal, signHereNow)],
    clock: systemClock,
    trusted: () => readTrusted(env, kinds),
    get receptions() {
      return receptions().receptions;
    },
    get attesting() {
      return receptions().attesting;
    },
    get sinks() {
      return sinks();
    },
    askList,
    authorsOf: gitAuthors,
    caller: callerOf(env, self.account),
    ...(surroundings.warn === undefined ? {} : { warn: surroundings.warn }),
    env,
    graceMs: 10_000,
  };
  return {
    engine,
    elsewhere: elsewhereOf(engine, surroundings),
    close: async () => store?.close(),
  };
}

function elsewhereOf(engine: Engine, surroundings: Surroundings): Elsewhere {
  const issuers = () => issuerChecks(loadConfig(surroundings.env).login, surroundings);
  return {
    doctor: () => examine(engine, { stateDir: stateDir(surroundings.env), issuers }),
    ...runbooksOf(surroundings),
  };
}

const signHereNow: SignHere = (file, choice) => signHere(file, choice, systemClock);

type Self = Pick<Engine, 'host' | 'uid' | 'user' | 'account' | 'program'>;

/** This process, as the operating system has it. */
function describeSelf(): Self {
  const host = hostname();
  const { uid, username: user } = userInfo();
  return { host, uid, user, account: `${user}@${host}`, program: `runbook ${version}` };
}

function openStore(env: Surroundings['env'], { host, uid, program }: Self): Store {
  const dir = stateDir(env);
  return openSqliteStore({
    dir,
    clock: systemClock,
    keys: openKeyRing(join(dir, 'journal.key')),
    genesis: { host, uid, program, recovery: null },
  });
}

/** The trusted files as they are now, the brands' own sections checked too. */
function readTrusted(env: Surroundings['env'], kinds: readonly ChannelKind[]): Trusted {
  const files = loadTrusted(env);
  checkChannels(files.config.value.channels, kinds);
  checkSinks(files.config.value.sinks);
  checkLogin(files.config.value.login);
  return files;
}

/** The runbooks of this machine, looked for anew each time; the journal is not opened for them. */
function runbooksOf(
  { env, cwd }: Surroundings,
  loadFolders: (cwd: string) => Promise<RunbookPlaces['project']> = loadProject,
): Pick<Elsewhere, 'runbooks' | 'openRunbook'> {
  const places = async (): Promise<RunbookPlaces> => ({
    env,
    cwd,
    project: await loadFolders(cwd),
    trustedFolders: loadConfig(env).trustedFolders,
  });
  return {
    runbooks: async () =>
      listRunbooks(await places()).map((found) =>
        listRunbook(found, () => readFileSync(resolve(cwd, found.file), 'utf8')),
      ),
    openRunbook: async (nameOrFile) => findRunbook(nameOrFile, await places()),
  };
}

/** Issuers that people can log in with, as `config.yaml` names them. Throws ConfigError. */
export function openLogins({ env }: Surroundings): readonly Login[] {
  return openLoginsOf(loadConfig(env).login, { clock: systemClock, env });
}

/** The approver's side: memory in RUNBOOK_APPROVER_DIR, and nothing of the executor's. */
export function openApprover({ env }: Surroundings): Approver {
  return putApproverTogether(openApproverMemory(approverDir(env), stateDir(env)), systemClock);
}

/** What other accounts of this host ask for; null where `config.yaml` names no spool. Throws ConfigError. */
export function openSpool({ env }: Surroundings): Spool | null {
  const settings = spoolOf(loadConfig(env).channels);
  return settings === null ? null : openSpoolReader(settings.dir, join(approverDir(env), 'left'));
}

/**
 * Judges a copy of a log, wherever it lies: a folder or an address; a file is an evidence bundle, or the proof
 * of a fork. No journal of this account is needed; where it is the one that a bundle is from, it is asked about it.
 */
export async function verifyCopy(
  here: Surroundings,
  location: string,
  input: Omit<CopyInput, 'nowMs'>,
): Promise<VerifyReport> {
  const nowMs = systemClock.now().wallMs;
  const found = findCopyFile(location, here.cwd);
  if (found !== null) {
    const { file, size } = found;
    const fork = size > maxForkBytes ? null : judgeForkFile(readFileSync(file, 'utf8'));
    if (fork !== null) {
      return fork;
    }
    const { verifyBundle } = await import('./engine/proof/verify-bundle.ts');
    const own = hasJournal(here) ? () => openStore(here.env, describeSelf()) : null;
    return verifyBundle(file, { ...input, nowMs }, own);
  }
  return verifyCopyIn(openTileFiles(location, here.cwd), { ...input, nowMs });
}

/** Whether this account has a journal: to look for something in it must not make one. */
export function hasJournal({ env }: Surroundings): boolean {
  return existsSync(join(stateDir(env), 'journal.sqlite'));
}

/** `--key FILE` or `--ssh-agent`; `wanted` are the public key lines that could decide. */
export async function openSigner(
  choice: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'agent' },
  { env, wanted }: Surroundings & { readonly wanted: readonly string[] },
): Promise<ApproverSigner> {
  return choice.kind === 'file'
    ? openKeyFile(choice.path)
    : agentSigner(env['SSH_AUTH_SOCK'], wanted);
}
