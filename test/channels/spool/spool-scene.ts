import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestId } from '../../../src/base/ids.ts';
import type { Answer, Reception } from '../../../src/channels/channel.ts';
import { type Box, logIdOf, openOwnBox } from '../../../src/channels/spool/box.ts';
import { type Dropped, nameDrop, parseAnswer } from '../../../src/channels/spool/forms.ts';
import { openSpool } from '../../../src/channels/spool/open-spool.ts';
import { localService } from '../../../src/engine/local-service.ts';
import { tellReceptions } from '../../../src/engine/office/attend-receptions.ts';
import type { DecisionReport, RunReport } from '../../../src/engine/reports.ts';
import type { Service } from '../../../src/engine/service.ts';
import {
  type Colleague,
  driving,
  openScene,
  type Scene,
  type SceneOptions,
} from '../../support/scene.ts';
import { tempFolder } from '../../support/temp-folder.ts';

/** Only root may give files to others. */
export const mayGiveAway = process.geteuid?.() === 0;

/** Accounts of the host, by uid. Nobody knows 2999. */
export const uids = { ana: 2001, robin: 2002, ana2: 2003, bot: 2004, stranger: 2999 } as const;
const names = new Map<number, string>(Object.entries(uids).map(([name, uid]) => [uid, name]));
names.delete(uids.stranger);

const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: "true"
`;

export interface SpoolScene {
  readonly scene: Scene;
  readonly dir: string;
  readonly reception: Reception;
  box(): Box;
  /** Starts a run that waits, and answers its request. */
  wait(): Promise<{ readonly run: string; readonly request: RequestId }>;
  /** One look into the box, as a process takes that goes away. */
  look(): Promise<void>;
  /** Puts a file there, as this account; answers its name. */
  drop(file: {
    readonly uid: number;
    readonly text: string;
    readonly name?: string;
  }): Promise<string>;
  /** What an account says, without a signature. */
  say(more?: Partial<Extract<Dropped, { readonly request: unknown }>>): Promise<string>;
  sign(who: Colleague, decision: 'approve' | 'reject'): Promise<string>;
  answer(name: string): Answer | null;
  resume(run: string): Promise<RunReport>;
  /** The executor's own commands, in a process that has just begun. */
  service(): Service;
  decisions(run: string): Promise<readonly unknown[]>;
}

/** A spool, a journal, and the reception between them; ana executes, under whatever account runs the tests. */
export function openSpoolScene(
  options: Partial<SceneOptions> & { readonly nameOf?: (uid: number) => string | null } = {},
): SpoolScene {
  const { nameOf = (uid: number) => names.get(uid) ?? null, ...rest } = options;
  const scene = openScene({ runbook: gated, attesting: ['os'], ...rest });
  const { host } = scene.engine();
  scene.trusted.people = scene.trusted.people
    .replace(`os_users: [ana@${host}]`, `os_users: [ana@${host}, ana2@${host}]`)
    .replace('{ name: robin,', `{ name: robin, os_users: [robin@${host}],`);
  const dir = makeSpool();
  const reception = openSpool({ dir }, { nameOf, host });
  const engine = () => ({ ...scene.engine(), receptions: [reception] });
  const service = () => localService(engine(), scene.elsewhere);
  const box = () => openOwnBox(dir, logIdOf(scene.engine().store.origin));
  const open = async () => (await scene.open()).content.id;
  return {
    scene,
    dir,
    reception,
    box,
    wait: async () => {
      const door = service();
      const source = await door.openRunbook('runbook.yaml');
      const given = { source, given: {}, environment: null, reason: null, ticket: null };
      const run = await door.start(given);
      await door.drive(run, driving(scene));
      return { run, request: await open() };
    },
    look: () => tellReceptions(engine()),
    drop: async ({ uid, text, name }) => {
      const file = name ?? nameDrop(await open());
      const path = join(box().decisions, file);
      writeFileSync(path, text, { mode: 0o640 });
      give(path, uid);
      return file;
    },
    say: async (more = {}) =>
      JSON.stringify({
        v: 1,
        request: (await scene.open()).hash,
        decision: 'approve',
        reason: null,
        ...more,
      }),
    sign: async (who, decision) => {
      const { approver, signer } = who;
      const proven = await approver.read((seen) => scene.service().review(null, seen));
      const reason = decision === 'reject' ? 'not today' : null;
      const { signed } = await approver.decide(proven, signer, { decision, reason });
      return JSON.stringify({ v: 1, signed });
    },
    answer: (name) => {
      const { answers } = box();
      return readdirSync(answers).includes(name)
        ? parseAnswer(readFileSync(join(answers, name)))
        : null;
    },
    resume: async (run) => {
      const door = service();
      return door.drive(await door.resume({ run, given: {} }), driving(scene));
    },
    service,
    decisions: async (run) =>
      (await scene.engine().store.loadRun(run as never))
        .map(({ bytes }) => JSON.parse(bytes.toString()) as { type: string; data: DecisionReport })
        .filter(({ type }) => type === 'approval.decided')
        .map(({ data }) => data),
  };
}

/** As `init --system` makes it, but for the group. */
export function makeSpool(): string {
  const dir = join(tempFolder(), 'spool');
  mkdirSync(dir);
  chmodSync(dir, 0o3770);
  return dir;
}

export function give(path: string, uid: number): void {
  if (mayGiveAway) {
    chownSync(path, uid, process.getegid?.() ?? 0);
  }
}
