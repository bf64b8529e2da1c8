import { expect } from 'vitest';
import type { Recorded, StepStarted } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { apply, foldRun, type RunState } from '../../src/run/state.ts';
import type { Store } from '../../src/store/store.ts';
import type { Story } from './story.ts';

/**
 * What holds wherever a crash came: the journal verifies, every effect has the one `step.started` that
 * allowed it, and each of those its grant.
 */
export async function expectPromisesKept(
  { scene }: Story,
  store: Store,
  effects: readonly string[],
): Promise<void> {
  const { robin, kim } = scene.people;
  const pins = [...robin.approver.pins(), ...kim.approver.pins()];
  const service = scene.service(store);
  expect(
    (await service.verify({ receipts: [], pins, progress: () => undefined })).findings,
  ).toEqual([]);
  const [run] = await store.listRuns({ limit: 1 });
  if (run !== undefined) {
    expectStartsAllowed((await store.loadRun(run.run)).map(recordedOf), effects);
  }
}

/** Each effect belongs to one start of this run, and each start was allowed when it was made. */
export function expectStartsAllowed(
  entries: readonly Recorded[],
  effects: readonly string[],
): void {
  const starts = startsOf(entries);
  expectUnique(effects, 'a step ran twice under one start');
  expectUnique(starts.map(({ data }) => `${data.step} ${data.attempt}`));
  expectUnique(starts.flatMap(({ data }) => claimOf(data) ?? []));
  const tokens = new Set(starts.map(({ data }) => data.token));
  expect(effects.filter((token) => !tokens.has(token))).toEqual([]);
  for (const { data, before } of starts) {
    expectAllowed(data, before);
  }
}

interface Start {
  readonly data: StepStarted;
  /** The run as it stood when the step was started. */
  readonly before: RunState;
}

function startsOf([first, ...rest]: readonly Recorded[]): readonly Start[] {
  const starts: Start[] = [];
  if (first === undefined) {
    return starts;
  }
  let state = foldRun([first]);
  for (const entry of rest) {
    if (entry.event.type === 'step.started') {
      starts.push({ data: entry.event.data, before: state });
    }
    state = apply(state, entry);
  }
  return starts;
}

function expectAllowed(data: StepStarted, before: RunState): void {
  const declared = before.started.steps.find(({ id }) => id === data.step);
  const claim = data.permit.kind === 'grant' ? before.requests.get(data.permit.request) : undefined;
  if (declared?.privileged === true) {
    expect(claim?.decisions.some((one) => one.data.decision === 'approve')).toBe(true);
    const asked = claim?.content.commands.find(({ step }) => step === data.step);
    const { holes } = data.permit.kind === 'grant' ? data.permit : {};
    // With values that came later it is another digest than the template's; `verify` fills and compares.
    expect(Object.keys(holes ?? {})).toEqual((asked?.holes ?? []).map(({ name }) => name));
    expect(asked?.digest === data.digest).toBe(asked?.holes === undefined);
  }
  const attempts = before.steps.get(data.step)?.attempts ?? [];
  for (const { finished, resolved } of attempts) {
    // Another attempt follows a failure that is known, or a word that it may.
    expect(resolved?.outcome ?? finished?.data.outcome).toMatch(/^(retry|failed)$/);
  }
}

function claimOf({ step, permit }: StepStarted): string | null {
  return permit.kind === 'grant' ? `${permit.request} ${step} ${permit.use}` : null;
}

function expectUnique(values: readonly string[], why?: string): void {
  expect(values, why).toEqual([...new Set(values)]);
}
