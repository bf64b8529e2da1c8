import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openActions } from '../../src/actions/open-actions.ts';
import type { Caller } from '../../src/approval/people/initiator.ts';
import { parsePeople } from '../../src/approval/people/people-schema.ts';
import type { HeardBy } from '../../src/approval/tally/means.ts';
import { type Clock, type Moment, systemClock } from '../../src/base/clock.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { Json } from '../../src/base/json.ts';
import { findRunbook, listRunbooks, type RunbookPlaces } from '../../src/config/find-runbook.ts';
import { gitAuthors } from '../../src/config/git-authors.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type Elsewhere, localService } from '../../src/engine/local-service.ts';
import type { PolicySources } from '../../src/engine/policy/tools.ts';
import type { DecisionReport, RequestDetail, RunReport } from '../../src/engine/reports.ts';
import type { DriveOptions, Service } from '../../src/engine/service.ts';
import { parseConfig } from '../../src/policy/config.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';
import type { Recorded } from '../../src/run/events.ts';
import { listRunbook } from '../../src/runbook/list-runbook.ts';
import { type Approver, openApprover } from '../../src/signers/approver.ts';
import { openApproverMemory } from '../../src/signers/approver-memory.ts';
import { pkcs8Signer } from '../../src/signers/pkcs8.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { tempFolder } from './temp-folder.ts';
import { storeOptions } from './temp-store.ts';

/** A clock that runs like the machine's, and can be set forward or back. */
export interface TestClock extends Clock {
  shift(ms: number): void;
}

function testClock(): TestClock {
  let offsetMs = 0;
  return {
    now: (): Moment => {
      const now = systemClock.now();
      return { ...now, wallMs: now.wallMs + offsetMs };
    },
    shift: (ms) => {
      offsetMs += ms;
    },
  };
}

export interface SceneOptions {
  readonly runbook: string;
  /** Files beside the runbook. */
  readonly files?: Readonly<Record<string, string>>;
  /** Lines of `people.yaml` after ana, robin and kim. */
  readonly morePeople?: string;
  readonly policy?: string;
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The runbook lies in a trusted folder: `config.yaml` names it. */
  readonly trusted?: boolean;
  readonly caller?: Partial<Caller>;
  /** `USER@HOST` that the process runs under, as a server does: ana's own account unless said. */
  readonly account?: string;
  /** By which identities receptions take decisions. */
  readonly attesting?: readonly HeardBy[];
  /** Copies of the journal elsewhere. */
  readonly sinks?: Engine['sinks'];
  readonly warn?: (line: string) => void;
}

/** One more person, who could touch a key: policy that asks for a touch is then not in vain. */
export const withTouch =
  '  - { name: lee, groups: [sre], ssh_keys: ["sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIJsaDYXQYruc6bilCYDIK4YSOeG+zmrRO2M9t03//7LHAAAABHNzaDo="] }';

/** A person with a real key. */
export interface Colleague {
  readonly name: string;
  readonly signer: ApproverSigner;
  readonly approver: Approver;
}

/**
 * The whole product but its doors: a real journal in a temporary folder, real processes, real keys. Ana
 * starts runs; robin and kim can sign, and all three have an account in Slack (`T0TEAM/U0ROBIN`).
 * `engine.store` may be swapped, as a crash test does.
 */
export interface Scene {
  readonly dir: string;
  readonly state: string;
  readonly clock: TestClock;
  readonly people: { readonly ana: Colleague; readonly robin: Colleague; readonly kim: Colleague };
  /** Trusted files as text; assign to change what the next look finds. */
  readonly trusted: { people: string; policy: string; config: string };
  readonly entries: Recorded[];
  readonly output: { text: string };
  service(store?: Store, caller?: Partial<Caller>): Service;
  engine(store?: Store, caller?: Partial<Caller>): Engine;
  openStore(): Store;
  /** What follows is another process: it opens the journal anew, and remembers nothing. */
  restart(): Promise<void>;
  /** What a service and the tools need beside an engine: the runbooks of `dir`, and the trusted files. */
  readonly elsewhere: Elsewhere & PolicySources;
  /** Starts and drives as `exec --no-wait` does. */
  exec(given?: Readonly<Record<string, Json>>): Promise<RunReport>;
  /** Resumes and drives as `resume` does. */
  resume(run: string, given?: Readonly<Record<string, Json>>): Promise<RunReport>;
  decide(
    who: Colleague,
    decision: 'approve' | 'reject' | 'revoke',
    reason?: string | null,
  ): Promise<DecisionReport>;
  open(): Promise<RequestDetail>;
}

export const driving = (scene: Pick<Scene, 'entries' | 'output'>): DriveOptions => ({
  wait: 'stop',
  signal: new AbortController().signal,
  hurry: new AbortController().signal,
  listener: {
    recorded: (entry) => {
      scene.entries.push(entry);
    },
    output: (_step, _stream, chunk) => {
      scene.output.text += chunk.toString('utf8');
    },
    waiting: () => undefined,
    delayed: () => undefined,
  },
});

export function openScene(options: SceneOptions): Scene {
  const dir = tempFolder({ 'runbook.yaml': options.runbook, ...options.files });
  const state = join(dir, '.state');
  const clock = testClock();
  const host = hostname();
  const people = {
    ana: aColleague('ana', { dir, state, clock }),
    robin: aColleague('robin', { dir, state, clock }),
    kim: aColleague('kim', { dir, state, clock }),
  };
  const trusted = {
    people: `people:
  - { name: ana, groups: [sre], os_users: [ana@${host}], agents: [deploy-bot], ssh_keys: ["${people.ana.signer.publicKey}"], slack: [T0TEAM/U0ANA] }
  - { name: robin, groups: [sre], ssh_keys: ["${people.robin.signer.publicKey}"], slack: [T0TEAM/U0ROBIN] }
  - { name: kim, groups: [data], ssh_keys: ["${people.kim.signer.publicKey}"], slack: [T0TEAM/U0KIM] }
${options.morePeople ?? ''}`,
    policy: options.policy ?? '',
    config: `${options.config ?? ''}${options.trusted === true ? `\ntrusted_folders: ["${dir}"]\n` : ''}`,
  };
  let current: Store | null = null;
  const openStore = (): Store => openSqliteStore(storeOptions(state, clock));
  onTestFinished(async () => {
    await current?.close();
  });
  const elsewhere = {
    ...runbooksIn(dir, options.trusted ?? false),
    trustedText: (name: keyof typeof trusted) => trusted[name],
  };
  const entries: Recorded[] = [];
  const output = { text: '' };
  const engine = (store?: Store, caller?: Partial<Caller>): Engine => {
    current ??= openStore();
    return {
      store: store ?? current,
      actions: openActions({ clock }),
      channels: [],
      receptions: [],
      sinks: options.sinks ?? [],
      ...(options.warn === undefined ? {} : { warn: options.warn }),
      attesting: new Set(options.attesting),
      account: options.account ?? `ana@${host}`,
      clock,
      trusted: () => ({
        people: file(trusted.people, parsePeople),
        policy: file(trusted.policy, parsePolicy),
        config: file(trusted.config, parseConfig),
      }),
      askList: () => ({ entries: [], error: 'there are no lists here' }),
      authorsOf: gitAuthors,
      caller: { osUser: `ana@${host}`, ...options.caller, ...caller },
      host,
      uid: process.geteuid?.() ?? 0,
      user: 'ana',
      env: { PATH: process.env['PATH'], HOME: dir, ...options.env },
      program: 'runbook test',
      graceMs: 500,
    };
  };
  const service = (store?: Store, caller?: Partial<Caller>): Service =>
    localService(engine(store, caller), elsewhere);
  const scene: Scene = {
    dir,
    state,
    clock,
    people,
    trusted,
    entries,
    output,
    engine,
    service,
    openStore,
    restart: async () => {
      await current?.close();
      current = null;
    },
    elsewhere,
    exec: async (given = {}) => {
      const door = service();
      const run = await door.start({
        source: {
          name: null,
          file: 'runbook.yaml',
          dir,
          text: readFileSync(join(dir, 'runbook.yaml'), 'utf8'),
          trusted: options.trusted ?? false,
        },
        given,
        environment: null,
        reason: null,
        ticket: null,
      });
      return door.drive(run, driving(scene));
    },
    resume: async (run, given = {}) => {
      const door = service();
      return door.drive(await door.resume({ run, given }), driving(scene));
    },
    decide: async (who, decision, reason = decision === 'approve' ? null : 'because') => {
      const door = service();
      const proven = await who.approver.read((seen) => door.review(null, seen));
      const signed = await who.approver.decide(proven, who.signer, { decision, reason });
      const report = await door.decide(signed.signed, 'cli');
      who.approver.keep(signed, report.recorded);
      return report;
    },
    open: () => service().describeRequest(null),
  };
  return scene;
}

function runbooksIn(dir: string, trusted: boolean): Elsewhere {
  const places: RunbookPlaces = {
    env: { RUNBOOK_PATH: dir },
    cwd: dir,
    project: { folders: [] },
    trustedFolders: trusted ? [dir] : [],
  };
  return {
    doctor: async () => [],
    runbooks: async () =>
      listRunbooks(places).map((found) =>
        listRunbook(found, () => readFileSync(join(dir, found.file), 'utf8')),
      ),
    openRunbook: async (nameOrFile) => findRunbook(nameOrFile, places),
  };
}

function file<Value>(text: string, parse: (text: string, file: string) => Value) {
  return { text, digest: sha256(text), value: parse(text, 'test') };
}

function aColleague(
  name: string,
  of: { readonly dir: string; readonly state: string; readonly clock: Clock },
): Colleague {
  const { privateKey } = generateKeyPairSync('ed25519');
  const memory = openApproverMemory(join(of.dir, `.memory-${name}`), of.state);
  return { name, signer: pkcs8Signer(privateKey), approver: openApprover(memory, of.clock) };
}
