import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newRunId } from '../../src/base/ids.ts';
import type { CommitInput } from '../../src/store/store.ts';
import { type CrashPoint, crashingStore, Stopped } from '../support/crashing-store.ts';
import { runFinished, runStarted, stepFinished, stepStarted } from '../support/some-events.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
beforeEach(() => {
  temp = openTempStore();
});
afterEach(async () => {
  await temp.remove();
});

const run = newRunId();
const steps: readonly CommitInput[] = [
  [runStarted()],
  [stepStarted()],
  [stepFinished(), stepStarted({ attempt: 2 })],
  [stepFinished({ attempt: 2 }), runFinished()],
].map((events, at) => ({ run, expectedVersion: null, commandId: `c${at}`, events }));

/** Commits all steps, as a program does that is started again after a crash and repeats what it is not sure of. */
async function runThrough(point: CrashPoint): Promise<number> {
  const crashing = crashingStore(temp.store, point);
  let done = 0;
  try {
    for (const step of steps) {
      await crashing.commit(step);
      done += 1;
    }
  } catch (error) {
    expect(error).toBeInstanceOf(Stopped);
    await expect(crashing.head()).rejects.toBeInstanceOf(Stopped);
  }
  const reopened = temp.open();
  for (const step of steps.slice(done)) {
    await reopened.commit(step);
  }
  await reopened.close();
  return done;
}

describe.each(['before', 'after'] as const)('a crash %s a commit', (when) => {
  test.each([1, 2, 3, 4])('loses nothing and records nothing twice (commit %i)', async (commit) => {
    expect(await runThrough({ commit, when })).toBe(commit - 1);
    const entries = await temp.store.loadRun(run);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
