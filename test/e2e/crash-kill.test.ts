import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { recordedOf } from '../../src/run/recorded.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import { expectStartsAllowed } from '../crash/promises.ts';
import { type Office, openOffice } from '../support/cli.ts';
import { type RunJson, runJson } from '../support/cli-schema.ts';
import { storeOptions } from '../support/temp-store.ts';

const ran = 'echo "$RUNBOOK_ATTEMPT" >> effects';

const files = {
  'fix.yaml': `name: fix
steps:
  - id: look
    run: |
      ${ran}
      sleep 0.1
  - id: fix
    privileged: true
    run: |
      ${ran}
      sleep 0.1
  - id: prove
    run: ${ran}
`,
};

const rounds = 20;

test(`${2 * rounds} kills at any moment: nothing runs twice or unasked, and every run is brought to its end`, async () => {
  const office = await openOffice({ files });
  const undisturbed = performance.now();
  await office.run('exec', './fix.yaml', '--no-wait');
  const lastsMs = performance.now() - undisturbed;
  await bringToEnd(office);
  for (let round = 0; round < rounds; round += 1) {
    const afterMs = (lastsMs * round) / rounds;
    await killed(office, afterMs, 'exec', './fix.yaml', '--no-wait');
    await office.run('resume');
    await approve(office);
    await killed(office, afterMs, 'resume');
    await bringToEnd(office);
  }
  expect(await office.run('audit', 'verify')).toMatchObject({ exitCode: 0 });
  await expectJournalExplains(office);
}, 240_000);

async function killed(office: Office, afterMs: number, ...argv: readonly string[]): Promise<void> {
  const { child, said } = office.start(...argv);
  await Promise.race([sleep(afterMs), said]);
  child.kill('SIGKILL');
  await said;
}

async function status(office: Office): Promise<RunJson> {
  return (await office.json(runJson, 'status')).body;
}

async function approve(office: Office): Promise<void> {
  if ((await status(office)).requests.length > 0) {
    await office.run('approve', '--key', office.robin);
  }
}

/** What a person does who finds the latest run somewhere in between. */
async function bringToEnd(office: Office): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) {
    const { run, terminal, status: where, steps } = await status(office);
    if (terminal) {
      expect(where).toBe('succeeded');
      return;
    }
    await approve(office);
    const unknown = steps.find((step) => step.status === 'unknown');
    if (unknown !== undefined) {
      const word = ['--outcome', 'succeeded', '--reason', 'looked', '--key', office.robin];
      expect(await office.run('resolve', run, unknown.id, ...word)).toMatchObject({ exitCode: 0 });
    }
    // 16 while what a killed process started still runs.
    expect([0, 10, 15, 16]).toContain((await office.run('resume', run)).exitCode);
  }
  throw new Error('the run did not end');
}

/** Every line that any step ever wrote stands under a start of its own, in one of the runs. */
async function expectJournalExplains(office: Office): Promise<void> {
  const lines = readFileSync(join(office.dir, 'effects'), 'utf8').trimEnd().split('\n');
  const store = openSqliteStore(storeOptions(join(office.dir, 'state')));
  const explained: string[] = [];
  for (const { run } of await store.listRuns({ limit: 100 })) {
    const entries = (await store.loadRun(run)).map(recordedOf);
    const tokens = entries.flatMap(({ event }) =>
      event.type === 'step.started' ? [event.data.token] : [],
    );
    const effects = lines.filter((line) => tokens.includes(line));
    expectStartsAllowed(entries, effects);
    explained.push(...effects);
  }
  await store.close();
  expect(explained.toSorted()).toEqual(lines.toSorted());
}
