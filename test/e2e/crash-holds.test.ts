import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test, vi } from 'vitest';
import { type Office, openOffice, type Started } from '../support/cli.ts';
import { errorJson, type RunJson, runJson } from '../support/cli-schema.ts';

const patience = { timeout: 20_000, interval: 30 };

/** A step that says its pid and that of a child, waits until `go` is there, and tidies up in the end. */
const files = {
  'slow.yaml': `name: slow
steps:
  - id: slow
    run: |
      sleep 60 &
      echo "$$ $!" > pids
      until [ -e go ]; do sleep 0.02; done
      kill $!
finally:
  - id: tidy
    run: |
      echo tidying >> tidying
      sleep 0.7
      echo tidied >> tidied
`,
  'gate.yaml': `name: gate
steps:
  - id: fix
    privileged: true
    run: echo fixed >> fixed
`,
};

const lines = (office: Office, name: string): readonly string[] => {
  const file = join(office.dir, name);
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
};

async function status(office: Office): Promise<RunJson> {
  return (await office.json(runJson, 'status')).body;
}

async function failure(office: Office, ...argv: readonly string[]) {
  const { exitCode, stderr } = await office.run(...argv, '--json');
  return { exitCode, ...v.parse(errorJson, JSON.parse(stderr)) };
}

async function startSlow(office: Office): Promise<Started> {
  const started = office.start('exec', './slow.yaml', '--json');
  await vi.waitFor(() => expect(lines(office, 'pids')).toHaveLength(1), patience);
  return started;
}

async function startWaiting(office: Office): Promise<Started> {
  const started = office.start('exec', './gate.yaml', '--wait', '5m', '--json');
  await vi.waitFor(
    async () => expect((await office.run('requests', '--json')).stdout).toContain('pending'),
    patience,
  );
  return started;
}

/** The step's shell and the child it left in the background. */
function stepPids(office: Office): readonly number[] {
  return (lines(office, 'pids')[0] ?? '').split(' ').map(Number);
}

function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
}

test('what a living process drives, no other takes up; what a killed one left, only once its step is gone', async () => {
  const office = await openOffice({ files });
  const { child, said } = await startSlow(office);
  expect(await failure(office, 'resume')).toMatchObject({ exitCode: 16, code: 'run_held' });
  child.kill('SIGKILL');
  await said;
  const pids = stepPids(office);
  expect(pids.filter(isAlive)).toEqual(pids);
  expect(await failure(office, 'resume')).toMatchObject({
    exitCode: 16,
    code: 'step_still_running',
  });
  writeFileSync(join(office.dir, 'go'), '');
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), patience);
  expect(await office.drive('resume')).toMatchObject({ status: 'unknown', exit_code: 15 });
  expect(lines(office, 'tidied')).toEqual([]);
  const word = ['--outcome', 'succeeded', '--reason', 'it was there'];
  expect(await office.run('resolve', (await status(office)).run, 'slow', ...word)).toMatchObject({
    exitCode: 0,
  });
  expect(await office.drive('resume')).toMatchObject({ status: 'succeeded' });
  expect(lines(office, 'tidied')).toEqual(['tidied']);
  expect(await office.run('audit', 'verify')).toMatchObject({ exitCode: 0 });
});

test('a process that died while it waited is replaced', async () => {
  const office = await openOffice({ files });
  const { child, said } = await startWaiting(office);
  expect(await failure(office, 'resume')).toMatchObject({ exitCode: 16, code: 'run_held' });
  child.kill('SIGKILL');
  await said;
  expect(await status(office)).toMatchObject({ status: 'waiting' });
  await office.run('approve', '--key', office.robin);
  expect(await office.drive('resume')).toMatchObject({ status: 'succeeded' });
  expect(lines(office, 'fixed')).toEqual(['fixed']);
});

test('a process that waits goes on by itself once somebody approved elsewhere', async () => {
  const office = await openOffice({ files });
  const { said } = await startWaiting(office);
  await office.run('approve', '--key', office.robin);
  expect((await said).exitCode).toBe(0);
  expect(lines(office, 'fixed')).toEqual(['fixed']);
});

test('`cancel` reaches the process that drives: its step ends whole, `finally` runs', async () => {
  const office = await openOffice({ files });
  const { said } = await startSlow(office);
  expect(await office.run('cancel', '--reason', 'wrong one')).toMatchObject({ exitCode: 0 });
  const { exitCode, stdout } = await said;
  expect(exitCode).toBe(17);
  const report = v.parse(runJson, JSON.parse(stdout));
  expect(report).toMatchObject({ status: 'cancelled', terminal: true });
  expect(report.reason).toContain('wrong one');
  await vi.waitFor(() => expect(stepPids(office).filter(isAlive)).toEqual([]), patience);
  expect(lines(office, 'tidied')).toEqual(['tidied']);
});

test('`cancel` ends a run that nobody drives any more, without running its step', async () => {
  const office = await openOffice({ files });
  const { child, said } = await startWaiting(office);
  child.kill('SIGKILL');
  await said;
  expect(await office.run('cancel')).toMatchObject({ exitCode: 0 });
  expect(await status(office)).toMatchObject({ status: 'cancelled', terminal: true });
  expect(await office.run('approve', '--key', office.robin)).not.toMatchObject({ exitCode: 0 });
  expect(lines(office, 'fixed')).toEqual([]);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends the whole step, runs `finally` and exits %i', async (signal, code) => {
  const office = await openOffice({ files });
  const { child, said } = await startSlow(office);
  child.kill(signal);
  expect((await said).exitCode).toBe(code);
  expect(await status(office)).toMatchObject({ status: 'cancelled', terminal: true });
  await vi.waitFor(() => expect(stepPids(office).filter(isAlive)).toEqual([]), patience);
  expect(lines(office, 'tidied')).toEqual(['tidied']);
  expect(await office.run('audit', 'verify')).toMatchObject({ exitCode: 0 });
});

test('a second SIGINT ends `finally` too', async () => {
  const office = await openOffice({ files });
  const { child, said } = await startSlow(office);
  child.kill('SIGINT');
  await vi.waitFor(() => expect(lines(office, 'tidying')).toHaveLength(1), patience);
  child.kill('SIGINT');
  expect((await said).exitCode).toBe(130);
  expect(lines(office, 'tidied')).toEqual([]);
  expect(await status(office)).toMatchObject({ status: 'cancelled', terminal: true });
});
