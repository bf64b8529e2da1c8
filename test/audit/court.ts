import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Attested } from '../../src/approval/court/attested.ts';
import type { RequestContent } from '../../src/approval/request.ts';
import {
  decisionId,
  parseStatement,
  type SignedStatement,
} from '../../src/approval/statement/statement.ts';
import type { FindingCode, VerdictName } from '../../src/audit/finding.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newNonce, type RunId } from '../../src/base/ids.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import type { Decided, Event, StepFinished, StepStarted } from '../../src/run/events.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { openServed } from '../support/click.ts';
import { openScene, type Scene, type SceneOptions } from '../support/scene.ts';

/** A journal whose key is in the wrong hands: whatever is committed here is signed and well formed. */
export interface Court {
  readonly scene: Scene;
  readonly run: RunId;
  /** The open request at the first gate. */
  readonly content: RequestContent;
}

export const gated = `
name: gated
steps:
  - id: restart
    privileged: true
    run: "true"
`;

/** A run that waits at its first gate, asked for honestly. */
export async function openCourt(options: Partial<SceneOptions> = {}): Promise<Court> {
  return courtOf(openScene({ runbook: gated, ...options }));
}

/** The same, asked for through the API, so that a receiver's word is A1. */
export async function openServedCourt(options: Partial<SceneOptions> = {}): Promise<Court> {
  return courtOf(openServed({ runbook: gated, ...options }));
}

async function courtOf(scene: Scene): Promise<Court> {
  const { run } = await scene.exec();
  return { scene, run, content: (await scene.open()).content };
}

/** Commits what no honest program would. */
export async function say(
  { scene, run }: Pick<Court, 'scene' | 'run'>,
  ...events: Event[]
): Promise<void> {
  const { store } = scene.engine();
  await store.commit({ run, expectedVersion: null, commandId: newNonce(), events });
}

/** A decision as an entry, with no question asked. */
export function decided(
  { content }: Court,
  signed: SignedStatement,
  changes: Partial<Decided> = {},
): Event {
  const { decision, person, reason } = parseStatement(signed.statement);
  const data: Decided = {
    request: content.id,
    id: decisionId(signed),
    decision,
    person,
    reason,
    assurance: 'A3',
    presence: false,
    verified: false,
    channel: 'cli',
    ...signed,
    ...changes,
  };
  return { type: 'approval.decided', data };
}

/** A decision as an entry that a receiver attests: a click of robin's unless said otherwise. */
export async function heard(
  court: Court,
  changes: Partial<Decided> & { readonly word?: Partial<Attested> } = {},
): Promise<Event> {
  const { word, ...data } = changes;
  const { scene } = court;
  const person = data.person ?? 'robin';
  const { statement } = await forgeDecision(scene, scene.people.robin.signer, { person });
  const raw = await scene.engine().store.putBlob(Buffer.from('{}'));
  const attested = { ...aClick, raw, ...word };
  const entry = { statement, signature: '' };
  return decided(court, entry, { assurance: 'A1', signature: null, attested, ...data });
}

const aClick = {
  receiver: 'os:runbook@elsewhere',
  identity: 'slack:T0TEAM/U0ROBIN',
  matched_by: null,
  event: 'Ev1',
};

/** A start under the court's request, as if everything were in order. */
export async function started(
  { scene, content }: Court,
  changes: Partial<StepStarted> & { readonly use?: number } = {},
): Promise<Event> {
  const { use = 1, ...data } = changes;
  const [asked] = content.commands;
  const config = await scene.engine().store.latestConfig();
  const evaluation = {
    ...content.policy.evaluation,
    config: config?.seq ?? 0,
    now: new Date(scene.clock.now().wallMs).toISOString(),
  };
  return {
    type: 'step.started',
    data: {
      step: content.step,
      attempt: 1,
      digest: asked?.digest ?? sha256('nothing'),
      command: asked?.command ?? null,
      token: newNonce(),
      permit: { kind: 'grant', request: content.id, use, evaluation },
      ...data,
    },
  };
}

export function finished(changes: Partial<StepFinished> = {}): Event {
  const data: StepFinished = {
    step: 'restart',
    attempt: 1,
    outcome: 'succeeded',
    reason: null,
    failure: null,
    exit_code: 0,
    signal: null,
    status: null,
    duration_ms: 1,
    stdout: null,
    stderr: null,
    outputs: null,
    secret_outputs: {},
    ...changes,
  };
  return { type: 'step.finished', data };
}

/** Receipts that a person's client kept, as files. */
export function receiptsOf(
  scene: Scene,
  person: 'ana' | 'robin' | 'kim',
): { file: string; text: string }[] {
  const folder = join(scene.dir, `.memory-${person}`, 'receipts');
  return readdirSync(folder).map((name) => ({
    file: join(folder, name),
    text: readFileSync(join(folder, name), 'utf8'),
  }));
}

export async function verify(
  scene: Scene,
  by: {
    readonly receipts?: readonly { file: string; text: string }[];
    readonly pins?: boolean;
  } = {},
): Promise<VerifyReport> {
  return scene.service().verify({
    receipts: by.receipts ?? [],
    pins: by.pins === true ? scene.people.robin.approver.pins() : [],
    progress: () => undefined,
  });
}

/** The audit says exactly this, in this verdict and no other. */
export async function expectFinding(
  scene: Scene,
  code: FindingCode,
  verdict: VerdictName,
): Promise<void> {
  const report = await verify(scene);
  expect(new Set(report.findings.map((finding) => finding.code))).toEqual(new Set([code]));
  expect(report.findings.every(({ index }) => index !== null)).toBe(true);
  expect(report.verdicts.filter(({ ok }) => ok === false).map(({ name }) => name)).toEqual([
    verdict,
  ]);
  expect(report.exit_code).toBe(14);
}
