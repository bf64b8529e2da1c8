import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type Office, openOffice } from '../support/cli.ts';
import { decisionJson, type RunJson, runJson } from '../support/cli-schema.ts';

const files = {
  'table.txt': 'one\ntwo\n',
  'fix.yaml': `name: fix
description: Fix what broke.
steps:
  - id: look
    run: echo looking
  - id: fix
    name: Fix it
    privileged: true
    files: [./table.txt]
    run: cat ./table.txt
  - id: prove
    run: echo proven
`,
};

const requestsJson = v.object({
  requests: v.array(v.object({ request: v.string(), state: v.string() })),
});
const reviewJson = v.object({
  state: v.string(),
  content: v.object({ supersedes: v.nullable(v.unknown()) }),
  decisions: v.array(v.object({ decision: v.string(), reason: v.nullable(v.string()) })),
});

function decide(office: Office, ...argv: readonly string[]) {
  return office.json(decisionJson, ...argv, '--key', office.robin);
}

async function stateOf(office: Office, request: string | undefined): Promise<string> {
  return (await office.json(reviewJson, 'review', String(request))).body.state;
}

/** Until the run waits at its gate, as others see it. */
async function waitingRun(office: Office): Promise<RunJson> {
  for (;;) {
    const { exitCode, stdout } = await office.run('status', '--json');
    const status = exitCode === 0 ? v.parse(runJson, JSON.parse(stdout)) : null;
    if (status?.status === 'waiting') {
      return status;
    }
    await sleep(50);
  }
}

describe('a rejection', () => {
  test('ends the run with 11, and the reason is data', async () => {
    const office = await openOffice({ files });
    const { requests, run } = await office.drive('exec', 'fix.yaml');
    const rejected = await decide(office, 'reject', '--reason', 'not during the sale');
    expect(rejected.exitCode).toBe(0);
    expect(rejected.body).toMatchObject({ decision: 'reject', person: 'robin', missing: [] });

    const late = await office.failure('approve', String(requests[0]?.words), '--key', office.robin);
    expect(late).toMatchObject({ exitCode: 11, code: 'request_rejected' });

    const ended = await office.drive('resume');
    expect(ended).toMatchObject({
      status: 'rejected',
      terminal: true,
      exit_code: 11,
      requests: [],
      next: null,
    });
    expect(ended.reason).toContain('not during the sale');
    expect(ended.steps.map(({ status }) => status)).toEqual(['succeeded', 'rejected', 'skipped']);
    expect(ended.steps[1]?.reason).toContain('not during the sale');
    expect(await office.drive('wait', run)).toEqual(ended);
    expect(await office.failure('resume', run)).toMatchObject({ exitCode: 2, code: 'run_ended' });
  });

  test('reaches a process that waits', async () => {
    const office = await openOffice({ files });
    const waiting = office.start('exec', 'fix.yaml', '--wait', '1m', '--json');
    await waitingRun(office);
    await decide(office, 'reject', '--reason', 'no');
    const { exitCode, stdout } = await waiting.said;
    expect(exitCode).toBe(11);
    expect(v.parse(runJson, JSON.parse(stdout))).toMatchObject({ status: 'rejected' });
  });
});

test('an approval reaches a process that waits, and `wait` follows it to its end', async () => {
  const office = await openOffice({ files });
  const waiting = office.start('exec', 'fix.yaml', '--wait', '1m', '--output', 'ndjson');
  const { run } = await waitingRun(office);
  expect((await office.drive('wait', run, '--timeout', '1s')).status).toBe('waiting');
  const following = office.drive('wait', run);
  await decide(office, 'approve', '--reason', 'read it');

  const { exitCode, stdout, stderr } = await waiting.said;
  expect([exitCode, stderr]).toEqual([0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const report = v.parse(runJson, lines.at(-1));
  expect(report).toMatchObject({ run, status: 'succeeded' });
  expect(await following).toEqual(report);
  const entryJson = v.strictObject({
    type: v.string(),
    seq: v.number(),
    time: v.string(),
    run: v.literal(run),
    hash: v.pipe(v.string(), v.hexadecimal()),
    data: v.record(v.string(), v.unknown()),
  });
  const entries = lines.slice(0, -1).map((line) => v.parse(entryJson, line));
  expect(entries.map(({ type }) => type)).toEqual([
    'run.started',
    'step.started',
    'step.finished',
    'approval.requested',
    'approval.decided',
    'step.started',
    'step.finished',
    'step.started',
    'step.finished',
    'run.finished',
  ]);
  expect(entries.map(({ seq }) => seq)).toEqual(
    entries.map((_, index) => Number(entries[0]?.seq) + index),
  );
});

test('an approval that was taken back counts no more; another one does', async () => {
  const office = await openOffice({ files });
  const { requests } = await office.drive('exec', 'fix.yaml');
  const [request] = requests;
  await decide(office, 'approve');
  expect(await stateOf(office, request?.request)).toBe('approved');
  const revoked = await decide(office, 'revoke', String(request?.words), '--reason', 'wrong one');
  expect(revoked.body).toMatchObject({ decision: 'revoke', person: 'robin' });

  const waiting = await office.drive('resume');
  expect(waiting).toMatchObject({
    status: 'waiting',
    exit_code: 10,
    requests: [{ request: request?.request, missing: [{ slot: 'floor', count: 1 }] }],
  });
  await decide(office, 'approve', String(request?.words));
  expect(await office.drive('resume')).toMatchObject({ status: 'succeeded', exit_code: 0 });
});

describe('time', () => {
  test('that passes undecided expires a request: 12, and resume asks anew', async () => {
    const office = await openOffice({ files, policy: 'floor: { assurance: A1, pending: 1s }\n' });
    const expired = await office.drive('exec', 'fix.yaml', '--wait', '1m');
    expect(expired).toMatchObject({
      status: 'expired',
      terminal: false,
      exit_code: 12,
      next: { command: `runbook resume ${expired.run}` },
    });
    const { body } = await office.json(requestsJson, 'requests');
    expect(body.requests).toEqual([]);

    writeFileSync(join(office.dir, 'config/policy.yaml'), '');
    const again = await office.drive('resume');
    expect(again).toMatchObject({ run: expired.run, status: 'waiting', exit_code: 10 });
    expect(again.steps[0]).toMatchObject({ status: 'succeeded', attempt: 1 });
    await decide(office, 'approve');
    expect(await office.drive('resume')).toMatchObject({ status: 'succeeded', exit_code: 0 });
  });

  test('closes the door for a decision that comes too late', async () => {
    const office = await openOffice({ files, policy: 'floor: { assurance: A1, pending: 1s }\n' });
    const { requests } = await office.drive('exec', 'fix.yaml');
    const [request] = requests;
    await sleep(Math.max(0, Date.parse(String(request?.expires_at)) - Date.now()) + 10);
    const late = await office.failure('approve', String(request?.words), '--key', office.robin);
    expect(late).toMatchObject({ exitCode: 12, code: 'request_expired' });
    const status = await office.json(runJson, 'status');
    expect(status).toMatchObject({ exitCode: 0, body: { status: 'expired', exit_code: 12 } });
  });

  test('ends an approval that nobody used', async () => {
    const office = await openOffice({ files, policy: 'floor: { assurance: A1, unused: 1s }\n' });
    const { requests } = await office.drive('exec', 'fix.yaml');
    await decide(office, 'approve');
    await sleep(1100);
    expect(await stateOf(office, requests[0]?.request)).toBe('lapsed');
    const again = await office.drive('resume');
    expect(again).toMatchObject({ status: 'waiting', exit_code: 10 });
    expect(again.requests[0]?.request).not.toBe(requests[0]?.request);
  });
});

test('a file that changed after the approval is asked for again, and the card says what changed', async () => {
  const office = await openOffice({ files });
  const first = await office.drive('exec', 'fix.yaml');
  await decide(office, 'approve');
  writeFileSync(join(office.dir, 'table.txt'), 'one\nthree\n');

  const again = await office.drive('resume');
  expect(again).toMatchObject({ status: 'waiting', exit_code: 10, requests: [{ step: 'fix' }] });
  const [before, after] = [first.requests[0], again.requests[0]];
  expect(after?.digest).not.toBe(before?.digest);
  expect(await stateOf(office, before?.request)).toBe('superseded');
  const { body } = await office.json(reviewJson, 'review', String(after?.request));
  expect(body.content.supersedes).toEqual({
    request: before?.request,
    changes: [expect.stringMatching(/^file \S+table.txt: was [0-9a-f]{64}, is [0-9a-f]{64}$/)],
  });
  const card = (await office.run('review')).stdout;
  expect(card).toMatch(/Replaces a request that no longer held\n.* file \S+table\.txt: was/);

  const stale = await office.failure('approve', String(before?.words), '--key', office.robin);
  expect(stale).toMatchObject({ exitCode: 2, code: 'request_superseded' });
  await decide(office, 'approve');
  const ended = await office.drive('resume');
  expect(ended).toMatchObject({ status: 'succeeded', exit_code: 0 });
  expect((await office.run('logs', ended.run, 'fix')).stdout).toContain('three');
});

describe('a cancellation', () => {
  test('ends a run that waits: `cancel` exits with 0, whoever looks later with 17', async () => {
    const office = await openOffice({ files });
    const { run, requests } = await office.drive('exec', 'fix.yaml');
    const cancelled = await office.json(runJson, 'cancel', '--reason', 'wrong cluster');
    expect(cancelled.exitCode).toBe(0);
    expect(cancelled.body).toMatchObject({
      run,
      status: 'cancelled',
      terminal: true,
      exit_code: 17,
      requests: [],
    });
    expect(await office.drive('wait', run)).toEqual(cancelled.body);
    expect(await stateOf(office, requests[0]?.request)).toBe('cancelled');
    expect(await office.failure('resume', run)).toMatchObject({ exitCode: 2, code: 'run_ended' });
  });

  test('reaches a process that waits', async () => {
    const office = await openOffice({ files });
    const waiting = office.start('exec', 'fix.yaml', '--wait', '1m', '--json');
    const { run } = await waitingRun(office);
    expect((await office.run('cancel', run)).exitCode).toBe(0);
    const { exitCode, stdout } = await waiting.said;
    expect(exitCode).toBe(17);
    expect(v.parse(runJson, JSON.parse(stdout))).toMatchObject({ status: 'cancelled' });
  });
});
