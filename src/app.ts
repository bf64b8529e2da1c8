import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { openActions } from './actions/open-actions.ts';
import type { Caller } from './approval/initiator.ts';
import { systemClock } from './base/clock.ts';
import { version } from './base/version.ts';
import { terminalChannel } from './channels/terminal.ts';
import { findRunbook, listRunbooks, type RunbookPlaces } from './config/find-runbook.ts';
import { loadTrusted } from './config/load.ts';
import { loadConfig } from './config/load-config.ts';
import { approverDir, stateDir } from './config/paths.ts';
import { loadProject } from './config/project.ts';
import type { Engine } from './engine/engine.ts';
import { examine } from './engine/examine.ts';
import { describeRunbook } from './engine/list-runbooks.ts';
import { type Elsewhere, localService } from './engine/local-service.ts';
import type { Service } from './engine/service.ts';
import { type Approver, openApprover as putApproverTogether } from './signers/approver.ts';
import { openApproverMemory } from './signers/approver-memory.ts';
import { openJournalKey } from './signers/journal-key.ts';
import { openKeyFile } from './signers/key-file.ts';
import type { ApproverSigner } from './signers/signer.ts';
import { agentSigner } from './signers/ssh-agent.ts';
import { openSqliteStore } from './store/sqlite/open-store.ts';
import type { Store } from './store/store.ts';

/** What the process brings along. Doors pass it in; nothing below reads the process itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The terminal a waiting run may talk to; null where there is none. */
  readonly terminal: Terminal | null;
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
  close(): Promise<void>;
}

/** Config → engine. The journal is opened, and made where it is new, when a command first needs it. */
export function openApp(surroundings: Surroundings): App {
  const { env, terminal } = surroundings;
  const host = hostname();
  const user = userInfo();
  const program = `runbook ${version}`;
  const account = `${user.username}@${host}`;
  let store: Store | null = null;
  const engine: Engine = {
    get store() {
      store ??= openStore(env, { host, uid: user.uid, program });
      return store;
    },
    actions: openActions({ clock: systemClock }),
    channels: terminal === null ? [] : [terminalChannel(terminal)],
    clock: systemClock,
    trusted: () => loadTrusted(env),
    receptions: [],
    attesting: { slack: false, email: false },
    caller: callerOf(env, account),
    account,
    host,
    uid: user.uid,
    user: user.username,
    env,
    program,
    graceMs: 10_000,
  };
  return {
    service: localService(engine, {
      doctor: () => examine(engine, { stateDir: stateDir(env) }),
      ...runbooksOf(surroundings),
    }),
    close: async () => {
      await store?.close();
    },
  };
}

function openStore(
  env: Surroundings['env'],
  genesis: { host: string; uid: number; program: string },
): Store {
  const dir = stateDir(env);
  return openSqliteStore({
    dir,
    clock: systemClock,
    signer: (origin, create) => openJournalKey(join(dir, 'journal.key'), origin, create),
    genesis: { ...genesis, recovery: null },
  });
}

/** The runbooks of this machine, looked for anew each time; the journal is not opened for them. */
function runbooksOf({ env, cwd }: Surroundings): Pick<Elsewhere, 'runbooks' | 'openRunbook'> {
  const places = async (): Promise<RunbookPlaces> => ({
    env,
    cwd,
    project: await loadProject(cwd),
    trustedFolders: loadConfig(env).trustedFolders,
  });
  return {
    runbooks: async () =>
      listRunbooks(await places()).map((found) =>
        describeRunbook(found, () => readFileSync(resolve(cwd, found.file), 'utf8')),
      ),
    openRunbook: async (nameOrFile) => findRunbook(nameOrFile, await places()),
  };
}

/** Who calls, as the operating system says; variables may only add to it. */
function callerOf(env: Surroundings['env'], osUser: string): Caller {
  const github = env['GITHUB_ACTIONS'] === 'true' ? env['GITHUB_REPOSITORY'] : undefined;
  return {
    osUser,
    sudoUser: env['SUDO_USER'],
    agent: env['RUNBOOK_AGENT'],
    ci: github === undefined ? undefined : { identity: `github/${github}`, actor: actorOf(env) },
  };
}

function actorOf(env: Surroundings['env']): string | undefined {
  const actor = env['GITHUB_ACTOR'];
  return actor === undefined ? undefined : `github/${actor}`;
}

/** The approver's side: memory in RUNBOOK_APPROVER_DIR, and nothing of the executor's. */
export function openApprover({ env }: Surroundings): Approver {
  return putApproverTogether(openApproverMemory(approverDir(env), stateDir(env)), systemClock);
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
