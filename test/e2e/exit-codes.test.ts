import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { makeKey } from '../signers/ssh-tools.ts';
import { type Office, openCli, openOffice } from '../support/cli.ts';
import { decisionJson, runJson, verifyJson } from '../support/cli-schema.ts';

// One test for each row of the table, through the real program. 4 comes with logins; 70 is our bug.

const step = (text: string) => `name: one\ndescription: One step.\nsteps:\n${text}`;
const files = {
  'good.yaml': step('  - { id: good, run: "true" }\n'),
  'bad.yaml': step('  - { id: bad, run: exit 3 }\n'),
  'gate.yaml': step('  - { id: gate, privileged: true, run: "true" }\n'),
  'slow.yaml': step('  - { id: slow, run: echo $$ > pid; exec sleep 60 }\n'),
};

/** A run whose one step sleeps, as soon as it does. */
async function startSlow(office: Office) {
  const started = office.start('exec', 'slow.yaml', '--json');
  const file = join(office.dir, 'pid');
  await expect
    .poll(() => existsSync(file) && readFileSync(file, 'utf8'), { timeout: 10_000 })
    .toMatch(/\d\n/);
  return { ...started, pid: Number(readFileSync(file, 'utf8')) };
}

test('0: every step succeeded, or failed where that is tolerated', async () => {
  const office = await openOffice({
    files: {
      'tolerant.yaml': step(
        '  - { id: bad, run: exit 3, continue_on_error: true }\n  - { id: good, run: "true" }\n',
      ),
    },
  });
  const ended = await office.drive('exec', 'tolerant.yaml');
  expect(ended).toMatchObject({ status: 'succeeded', exit_code: 0, terminal: true });
  expect(ended.steps).toMatchObject([
    { status: 'tolerated', exit_code: 3 },
    { status: 'succeeded' },
  ]);
});

test('1: a step failed', async () => {
  const office = await openOffice({ files });
  const ended = await office.drive('exec', 'bad.yaml');
  expect(ended).toMatchObject({ status: 'failed', exit_code: 1, terminal: true, next: null });
  expect(ended.steps).toMatchObject([{ status: 'failed', exit_code: 3 }]);
  expect(ended.reason).toBe('exit code 3, expected 0');
});

describe('2:', () => {
  test.each([
    ['an unknown command', ['exce'], 'command_unknown'],
    ['an unknown flag', ['exec', 'good.yaml', '--frobnicate'], 'usage'],
    ['no runbook', ['exec', 'nowhere'], 'runbook_unknown'],
    ['an invalid runbook', ['exec', 'broken.yaml'], 'runbook_invalid'],
    ['an unknown run', ['status', 'zzzz'], 'run_unknown'],
    ['part of a later release', ['worker'], 'not_built_yet'],
  ])('%s', async (_, argv, code) => {
    const cli = openCli({ files: { ...files, 'broken.yaml': 'name: broken\nstep: []\n' } });
    expect(await cli.failure(...argv)).toMatchObject({ exitCode: 2, code });
  });

  test('invalid configuration', async () => {
    const cli = openCli({ files: { ...files, 'config/policy.yaml': 'flour: {}\n' } });
    const error = await cli.failure('exec', 'good.yaml');
    expect(error).toMatchObject({ exitCode: 2, code: 'policy_invalid' });
  });
});

test('10: it waits for a person', async () => {
  const office = await openOffice({ files });
  expect(await office.drive('exec', 'gate.yaml')).toMatchObject({
    status: 'waiting',
    exit_code: 10,
  });
});

test('11: a reviewer rejected it', async () => {
  const office = await openOffice({ files });
  await office.drive('exec', 'gate.yaml');
  await office.run('reject', '--reason', 'no', '--key', office.robin);
  expect(await office.drive('resume')).toMatchObject({ status: 'rejected', exit_code: 11 });
});

test('12: nobody decided in time', async () => {
  const office = await openOffice({ files, policy: 'floor: { assurance: A1, pending: 1s }\n' });
  const ended = await office.drive('exec', 'gate.yaml', '--wait', '10s');
  expect(ended).toMatchObject({ status: 'expired', exit_code: 12, terminal: false });
});

describe('13:', () => {
  test('whoever started it cannot approve it, whatever key they bring', async () => {
    const office = await openOffice({ files });
    const own = makeKey(office.dir, 'own');
    await office.run('people', 'add', 'ana', '--ssh-key', 'own.pub');
    await office.drive('exec', 'gate.yaml');
    const error = await office.failure('approve', '--key', own);
    expect(error).toMatchObject({ exitCode: 13, code: 'key_not_asked' });
    expect(await office.drive('resume')).toMatchObject({ status: 'waiting' });
  });

  test('nobody in `people.yaml` stands behind the caller', async () => {
    const cli = openCli({ files });
    const error = await cli.failure('exec', 'gate.yaml');
    expect(error).toMatchObject({ exitCode: 13, code: 'initiator_unknown' });
    expect(error.hint).toContain('runbook people add');
  });

  test('a rule denies it', async () => {
    const policy = `rules:\n  - { name: freeze, when: 'step.id == "gate"', deny: not this week }\n`;
    const office = await openOffice({ files, policy });
    const { exitCode, stdout, stderr } = await office.run('exec', 'gate.yaml', '--json');
    expect(exitCode).toBe(13);
    expect(stdout + stderr).toContain('not this week');
  });
});

test('14: an altered journal does not verify', async () => {
  const office = await openOffice({ files });
  await office.drive('exec', 'good.yaml');
  const blobs = join(office.dir, 'state', 'blobs');
  for (const name of readdirSync(blobs, { recursive: true, encoding: 'utf8' })) {
    if (/[0-9a-f]{64}$/.test(name)) {
      writeFileSync(join(blobs, name), 'something else');
    }
  }
  const { exitCode, body } = await office.json(verifyJson, 'audit', 'verify');
  expect([exitCode, body.exit_code]).toEqual([14, 14]);
  expect(body.verdicts.find(({ name }) => name === 'integrity')?.ok).toBe(false);
  expect(body.findings.length).toBeGreaterThan(0);
});

test('15: a step was cut off, until a person says what became of it', async () => {
  const office = await openOffice({ files });
  const { child, pid, said } = await startSlow(office);
  child.kill('SIGKILL');
  await said;
  expect(await office.failure('resume')).toMatchObject({
    exitCode: 16,
    code: 'step_still_running',
    run: { status: 'running', terminal: false },
  });
  process.kill(pid, 'SIGKILL');

  const unknown = await office.drive('resume');
  expect(unknown).toMatchObject({ status: 'unknown', exit_code: 15, terminal: false });
  const argv = ['resolve', unknown.run, 'slow', '--outcome', 'succeeded', '--reason', 'looked'];
  expect(unknown.next?.command).toContain(argv.slice(0, 3).join(' '));
  expect((await office.json(runJson, ...argv)).exitCode).toBe(0);
  expect(await office.drive('resume')).toMatchObject({ status: 'succeeded', exit_code: 0 });
});

test('16: somebody else drives the run', async () => {
  const office = await openOffice({ files });
  const { child, said } = await startSlow(office);
  expect(await office.failure('resume')).toMatchObject({
    exitCode: 16,
    code: 'run_held',
    run: { status: 'running', terminal: false },
  });
  child.kill('SIGTERM');
  await said;
});

test('17: somebody cancelled it, and its step was ended', async () => {
  const office = await openOffice({ files });
  const { said, pid } = await startSlow(office);
  expect((await office.run('cancel')).exitCode).toBe(0);
  const { exitCode, stdout } = await said;
  expect(exitCode).toBe(17);
  expect(v.parse(runJson, JSON.parse(stdout))).toMatchObject({
    status: 'cancelled',
    exit_code: 17,
  });
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('18: without a journal nothing runs', async () => {
  const office = await openOffice({ files });
  rmSync(join(office.dir, 'state', 'journal.sqlite'));
  const error = await office.failure('exec', 'slow.yaml');
  expect(error).toMatchObject({ exitCode: 18, code: 'journal_missing' });
  expect(existsSync(join(office.dir, 'pid'))).toBe(false);
});

test.each([
  ['130', 'SIGINT', 130],
  ['143', 'SIGTERM', 143],
] as const)('%s: interrupted by %s, it ends its step first', async (_, signal, code) => {
  const office = await openOffice({ files });
  const { child, said, pid } = await startSlow(office);
  child.kill(signal);
  const { exitCode, stdout } = await said;
  expect(exitCode).toBe(code);
  expect(v.parse(runJson, JSON.parse(stdout))).toMatchObject({
    status: 'cancelled',
    terminal: true,
  });
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('130: interrupted at its gate, it only leaves, and can be resumed', async () => {
  const office = await openOffice({ files });
  const { child, said } = office.start('exec', 'gate.yaml', '--wait', '1m', '--json');
  await expect
    .poll(async () => (await office.run('requests', '--json')).stdout, { timeout: 10_000 })
    .toContain('"step":"gate"');
  child.kill('SIGINT');
  const { exitCode, stdout } = await said;
  expect(exitCode).toBe(130);
  const { run, status } = v.parse(runJson, JSON.parse(stdout));
  expect(status).toBe('waiting');
  await office.json(decisionJson, 'approve', '--key', office.robin);
  expect(await office.drive('resume', run)).toMatchObject({ status: 'succeeded' });
});
