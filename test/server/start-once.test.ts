import { expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { RunId } from '../../src/base/ids.ts';
import { openNotes } from '../../src/engine/office/notes.ts';
import { type Once, openStarts, type Starts } from '../../src/server/start-once.ts';
import { openTempStore } from '../support/temp-store.ts';

const body = {
  runbook: 'gated',
  source: null,
  params: { word: 'hello', key: 'hunter2' },
  environment: null,
  reason: null,
  ticket: null,
};

/** A journal that a crash may keep a run from. */
function openJournal() {
  const temp = openTempStore();
  onTestFinished(() => temp.remove());
  const runs: RunId[] = [];
  const notes = openNotes(temp.store, 'idempotency');
  let aheadMs = 0;
  const clock: Clock = {
    now: () => ({ ...systemClock.now(), wallMs: systemClock.now().wallMs + aheadMs }),
  };
  const ask = (starts: Starts, over: Partial<Once> = {}) =>
    starts.once({
      token: 't0kent0kent0ken1',
      key: 'k',
      body,
      isSecret: (name) => name === 'key',
      exists: async (run) => runs.includes(run),
      start: async (run) => {
        runs.push(run);
        return run;
      },
      ...over,
    });
  return {
    runs,
    notes,
    ask,
    /** As a server that begins anew has it. */
    open: () => openStarts(notes, clock),
    pass: (ms: number) => {
      aheadMs += ms;
    },
  };
}

test('a start that a crash cut off before the journal had it is started under the same id', async () => {
  const { runs, ask, open } = openJournal();
  let meant: RunId | null = null;
  const crash = ask(open(), {
    start: (run) => {
      meant = run;
      return Promise.reject(new Error('power is gone'));
    },
  });
  await expect(crash).rejects.toThrow('power is gone');
  expect(await ask(open())).toBe(meant);
  expect(runs).toEqual([meant]);
});

test('a start that a crash cut off after the journal had it is answered with that run', async () => {
  const { runs, ask, open } = openJournal();
  const crash = ask(open(), {
    start: (run) => {
      runs.push(run);
      return Promise.reject(new Error('power is gone'));
    },
  });
  await expect(crash).rejects.toThrow('power is gone');
  expect(await ask(open())).toBe(runs[0]);
  expect(runs).toHaveLength(1);
});

test('many at once are one run', async () => {
  const { runs, ask, open } = openJournal();
  const starts = open();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(starts)));
  expect(new Set(answers).size).toBe(1);
  expect(runs).toHaveLength(1);
});

test('a key is its token’s own, and stands for one thing', async () => {
  const { ask, open } = openJournal();
  const starts = open();
  const run = await ask(starts);
  expect(await ask(starts, { token: 't0kent0kent0ken2' })).not.toBe(run);
  for (const other of [{ reason: 'another' }, { params: { ...body.params, word: 'bye' } }]) {
    const reused = ask(starts, { body: { ...body, ...other } });
    await expect(reused).rejects.toMatchObject({ code: 'idempotency_reused' });
  }
});

test('what is noted tells no secret, not even to whoever can guess', async () => {
  const { ask, open, notes } = openJournal();
  const starts = open();
  const run = await ask(starts);
  const other = { ...body, params: { word: 'hello', key: 'swordfish' } };
  expect(await ask(starts, { body: other })).toBe(run);
  expect(JSON.stringify(await notes.list())).not.toContain('hunter2');
});

test('a key is forgotten after a day', async () => {
  const { ask, open, notes, pass } = openJournal();
  const starts = open();
  await ask(starts);
  pass(25 * 3_600_000);
  await ask(starts, { key: 'another' });
  expect((await notes.list()).map(({ key }) => key)).toEqual(['t0kent0kent0ken1/another']);
});
