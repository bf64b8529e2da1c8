import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReviewReport } from '../../src/approval/debt.ts';
import type { Caller } from '../../src/approval/people/initiator.ts';
import type { ReviewFinding } from '../../src/approval/statement/review-statement.ts';
import type { SignedStatement } from '../../src/approval/statement/statement.ts';
import type { RunId } from '../../src/base/ids.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { Service, StartInput } from '../../src/engine/service.ts';
import type { Store } from '../../src/store/store.ts';
import { type Colleague, driving, openScene, type Scene, type SceneOptions } from './scene.ts';

/** Ana and robin are of `sre` and may act alone; robin and kim review. */
export const nightPolicy = `
rules:
  - name: frozen
    when: '"frozen" in step.tags'
    deny: nothing changes this week
    override: { approvals: [{ id: manager, from: [kim] }] }
  - name: forbidden
    when: '"forbidden" in step.tags'
    deny: never
break_glass:
  - name: night
    when: '"data" in step.tags'
    from: [group:sre]
    lifts: [frozen]
    review: { from: [group:data, robin], within: 24h }
  - name: day
    when: '"data" in step.tags'
    from: [group:sre]
    review: { from: [kim], within: 24h }
`;

export const nightRunbook = (tags = 'data') => `
name: gated
steps:
  - id: restart
    privileged: true
    tags: [${tags}]
    run: echo ran | tee -a ran.txt
`;

export function openNight(over: Partial<SceneOptions> = {}): Scene {
  return openScene({ runbook: nightRunbook(), policy: nightPolicy, ...over });
}

export type AskedFor = Partial<
  Pick<StartInput, 'breakGlass' | 'overrides' | 'reason' | 'environment'>
>;

/** `exec --break-glass night --reason …`, as far as its start. */
export async function startNight(
  scene: Scene,
  asked: AskedFor = {},
  by: { readonly store?: Store; readonly caller?: Partial<Caller> } = {},
): Promise<RunId> {
  const text = readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8');
  return scene.service(by.store, by.caller).start({
    source: { name: null, file: 'runbook.yaml', dir: scene.dir, text, trusted: false },
    given: {},
    environment: null,
    reason: 'payments are down',
    ticket: null,
    ...(asked.overrides === undefined ? { breakGlass: 'night' } : {}),
    ...asked,
  });
}

/** Starts, signs as the one who acts, and goes on, as `exec --break-glass … --key` does. */
export async function breakGlass(
  scene: Scene,
  { asked = {}, who = scene.people.ana }: { asked?: AskedFor; who?: Colleague } = {},
): Promise<RunReport> {
  const run = await startNight(scene, asked);
  const waiting = await scene.service().drive(run, driving(scene));
  if (waiting.status !== 'waiting') {
    return waiting;
  }
  await scene.decide(who, 'approve');
  return scene.service().drive(run, driving(scene));
}

/** How often the step took effect. */
export function effects(scene: Scene): number {
  const file = join(scene.dir, 'ran.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

/** What somebody's own client signs about the newest thing done under break-glass. */
export async function signReview(
  scene: Scene,
  who: Colleague,
  finding: ReviewFinding = 'justified',
): Promise<SignedStatement> {
  const door = scene.service();
  const [debt] = await door.breakGlass(true);
  const id = debt?.request ?? '';
  const request = await who.approver.read((seen) => door.review(id, seen));
  const started = await who.approver.read((seen) => door.reviewOwed(id, seen));
  const choice = { finding, reason: 'I looked', request };
  return (await who.approver.review(started, who.signer, choice)).signed;
}

export async function review(
  scene: Scene,
  who: Colleague,
  finding: ReviewFinding = 'justified',
): Promise<ReviewReport> {
  return scene.service().reviewBreakGlass(await signReview(scene, who, finding));
}

/** Codes of what an auditor finds now. */
export async function findingsOf(door: Service): Promise<readonly string[]> {
  const report = await door.verify({ receipts: [], pins: [], progress: () => undefined });
  return report.findings.map(({ code, message }) => `${code}: ${message}`);
}
