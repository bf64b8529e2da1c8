import type { RequestReport, RunReport } from '../../src/engine/reports.ts';
import type { Service, StartInput } from '../../src/engine/service.ts';
import type { Store } from '../../src/store/store.ts';
import { type Colleague, driving, type Scene } from '../support/scene.ts';

/** A run and the people around it: ana starts and resumes, the others decide what she may not. */
export interface Story {
  readonly scene: Scene;
  readonly source: Pick<StartInput['source'], 'dir' | 'text'>;
  readonly given: StartInput['given'];
  readonly environment: string | null;
  readonly decision: 'approve' | 'reject';
  /** How a person who went to look settles a step that had started. */
  readonly settle: (step: string, token: string) => Promise<'succeeded' | 'failed' | 'retry'>;
}

const manyTurns = 40;

/** Does what the run asks of people, turn by turn, until it has ended. Knows only what the journal says. */
export async function tellStory(story: Story, store: Store): Promise<RunReport> {
  const service = story.scene.service(store);
  const [known] = await service.runs(1);
  if (known === undefined) {
    await start(story, service);
  }
  for (let turn = 0; turn < manyTurns; turn += 1) {
    const report = await service.status(null);
    if (report.terminal) {
      return report;
    }
    await answer(story, { service, store }, report);
    const run = await service.resume({ run: report.run, given: story.given });
    await service.drive(run, driving(story.scene));
  }
  throw new Error(`the run did not end in ${manyTurns} turns`);
}

async function start({ scene, source, given, environment }: Story, service: Service) {
  const file = { ...source, name: null, file: 'runbook.yaml', trusted: false };
  const run = await service.start({
    source: file,
    given,
    environment,
    reason: 'a test',
    ticket: null,
  });
  await service.drive(run, driving(scene));
}

interface At {
  readonly service: Service;
  readonly store: Store;
}

async function answer(story: Story, at: At, report: RunReport): Promise<void> {
  const unknown = report.steps.find(({ status }) => status === 'unknown');
  if (unknown !== undefined) {
    await settle(story, at, { run: report.run, step: unknown.id });
    return;
  }
  for (const request of report.requests) {
    await decide(story, at, request);
  }
}

/** One signature for each missing slot, by whoever of the two is in its group. */
async function decide(story: Story, at: At, { request, missing }: RequestReport): Promise<void> {
  const { robin, kim } = story.scene.people;
  for (const { from } of missing) {
    await sign(story, at, { colleague: from.includes('group:data') ? kim : robin, request });
  }
}

async function sign(
  { decision }: Story,
  { service }: At,
  { colleague, request }: { readonly colleague: Colleague; readonly request: string },
): Promise<void> {
  const { approver, signer } = colleague;
  const proven = await approver.read((seen) => service.review(request, seen));
  const reason = decision === 'approve' ? null : 'not today';
  const signed = await approver.decide(proven, signer, { decision, reason });
  const { recorded } = await service.decide(signed.signed, 'cli');
  approver.keep(signed, recorded);
}

async function settle(
  story: Story,
  { service }: At,
  { run, step }: { readonly run: string; readonly step: string },
): Promise<void> {
  const { approver, signer } = story.scene.people.robin;
  const proven = await approver.read((seen) => service.reviewStarted(run, step, seen));
  const { token } = proven.leaf.data;
  const outcome = await story.settle(step, typeof token === 'string' ? token : '');
  const choice = { outcome, reason: 'looked at it' };
  const { signed } = await approver.resolve(proven, signer, choice);
  await service.resolve({ run, step, ...choice, signed });
}
