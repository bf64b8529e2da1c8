import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { bot, gated, openServed, pick, robin, startGated } from './served.ts';

test('an agent starts a run, a person decides with nothing but a token, and the server runs it', async () => {
  const served = await openServed();
  const agent = await served.token(bot, ['start']);
  const person = await served.token(robin, ['read', 'decide']);
  const { run, request, hash } = await startGated(served, agent);

  const decided = await served.call(`POST /v1/requests/${request}/decisions`, {
    token: person,
    body: { hash, decision: 'approve' },
  });
  expect(decided).toMatchObject({
    status: 200,
    json: { run, person: 'robin', assurance: 'A1', missing: [], duplicate: false },
  });

  let report = await served.call(`GET /v1/runs/${run}?wait=20`, { token: agent });
  expect(report.json).toMatchObject({ status: 'succeeded', terminal: true, exit_code: 0 });
  const version = Number(report.headers.get('runbook-version'));
  const events = await served.call(`GET /v1/runs/${run}/events`, { token: agent });
  expect(pick(events.json, 'events')).toHaveLength(version);
  expect(pick(events.json, 'events', version - 1)).toMatchObject({
    event: { type: 'run.finished' },
  });
  const logs = await served.call(`GET /v1/runs/${run}/logs?step=change`, { token: agent });
  expect(pick(logs.json, 'logs')).toEqual([
    {
      step: 'change',
      attempt: 1,
      stream: 'stdout',
      bytes: Buffer.from('hello\n').toString('base64'),
    },
  ]);
  report = await served.call('GET /v1/runs/latest', { token: person });
  expect(report.json).toMatchObject({ run });
  const verified = await served.call('POST /v1/audit/verify', { token: person, body: {} });
  expect(verified.json).toMatchObject({ exit_code: 0 });
});

test('a runbook that changed since it was looked at is not started', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const start = (source: string) =>
    served.call('POST /v1/runs', { token, body: { runbook: 'runbook', source } });
  expect(await start(sha256('another'))).toMatchObject({
    status: 409,
    json: { code: 'runbook_changed' },
  });
  expect(await start(sha256(gated))).toMatchObject({ status: 201 });
});

test.each(['../etc/passwd', '/etc/runbook/people.yaml', 'runbook.yaml', './runbook', 'other'])(
  'the server runs its own runbooks by their names, and no file: %s',
  async (runbook) => {
    const served = await openServed();
    const token = await served.token(bot, ['start', 'read']);
    const unknown = { status: 404, json: { code: 'runbook_unknown' } };
    expect(await served.call('POST /v1/runs', { token, body: { runbook } })).toMatchObject(unknown);
    expect(await served.call('POST /v1/plans', { token, body: { runbook } })).toMatchObject(
      unknown,
    );
    const path = `/v1/runbooks/${encodeURIComponent(runbook)}`;
    expect(await served.call(`GET ${path}`, { token })).toMatchObject(unknown);
  },
);

test('a token that may only start sees its own runs, and another’s are as unknown as none', async () => {
  const served = await openServed();
  const [mine, other] = await Promise.all([
    served.token(bot, ['start']),
    served.token(robin, ['start']),
  ]);
  const { run } = await startGated(served, mine);
  const { run: theirs } = await startGated(served, other);

  expect(pick((await served.call('GET /v1/runs', { token: mine })).json, 'runs')).toMatchObject([
    { run },
  ]);
  expect((await served.call('GET /v1/runs/latest', { token: mine })).json).toMatchObject({ run });
  expect((await served.call(`GET /v1/runs/${run.slice(0, 8)}`, { token: mine })).status).toBe(200);
  const requests = await served.call('GET /v1/requests?open=true', { token: mine });
  expect(pick(requests.json, 'requests')).toMatchObject([{ run }]);

  const none = 'z'.repeat(16);
  for (const name of [theirs, theirs.slice(0, 8), none]) {
    for (const target of [
      `GET /v1/runs/${name}`,
      `GET /v1/runs/${name}/events`,
      `GET /v1/runs/${name}/stream`,
      `GET /v1/runs/${name}/logs`,
      `POST /v1/runs/${name}/cancel`,
      `POST /v1/runs/${name}/resume`,
    ]) {
      const body = target.startsWith('POST') ? {} : undefined;
      const answer = await served.call(target, { token: mine, body });
      expect(answer, target).toMatchObject({ status: 404, json: { code: 'run_unknown' } });
      expect(pick(answer.json, 'message')).toBe(`no run \`${name}\``);
    }
  }
});

test('lists have the newest, as many as asked for and never too many', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  await startGated(served, token);
  const { run, request } = await startGated(served, token);
  for (const [path, key, newest] of [
    ['/v1/runs', 'runs', { run }],
    ['/v1/requests', 'requests', { request }],
  ] as const) {
    const { json } = await served.call(`GET ${path}?limit=1`, { token });
    expect(pick(json, key)).toMatchObject([newest]);
    expect((await served.call(`GET ${path}?limit=201`, { token })).status).toBe(400);
  }
  expect((await served.call('GET /v1/requests/only', { token })).status).toBe(404);
  const own = await served.call(`GET /v1/requests/${request.slice(0, 8)}`, { token });
  expect(pick(own.json, 'content', 'id')).toBe(request);
});

test('a token that reads every run may still not cancel another’s', async () => {
  const served = await openServed();
  const reader = await served.token(bot, ['start', 'read']);
  const { run } = await startGated(served, await served.token(robin, ['start']));
  expect((await served.call(`GET /v1/runs/${run}`, { token: reader })).status).toBe(200);
  expect(
    await served.call(`POST /v1/runs/${run}/cancel`, { token: reader, body: {} }),
  ).toMatchObject({ status: 403, json: { code: 'scope_missing', exit_code: 13 } });
});

test('whoever started a run cancels it, and hears of its end', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const { run } = await startGated(served, token);
  const cancelled = await served.call(`POST /v1/runs/${run}/cancel`, {
    token,
    body: { reason: 'not today' },
  });
  expect(cancelled).toMatchObject({ status: 200, json: { status: 'cancelled', terminal: true } });
});

test('a reason or ticket that no entry has room for starts, cancels and resolves nothing', async () => {
  const served = await openServed();
  const token = await served.token(robin, ['start', 'decide']);
  const start = (body: object) =>
    served.call('POST /v1/runs', { token, body: { runbook: 'runbook', ...body } });
  const long = 'x'.repeat(4001);
  const refused = { status: 400, json: { code: 'reason_too_long', exit_code: 2 } };
  expect(await start({ reason: long })).toMatchObject(refused);
  expect(await start({ ticket: long })).toMatchObject({ json: { code: 'ticket_too_long' } });
  // What JSON writes longest still leaves room for what the run records later.
  const most = '\u0001'.repeat(4000);
  const { run } = await startGated(served, token, { reason: most, ticket: most });
  const cancel = (reason: string) =>
    served.call(`POST /v1/runs/${run}/cancel`, { token, body: { reason } });
  expect(await cancel(long)).toMatchObject(refused);
  expect((await cancel('x'.repeat(4000))).json).toMatchObject({ status: 'cancelled' });
});

test('a start that is asked for twice under one key is one run', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const start = (key: string, body: object, as = token) =>
    served.call('POST /v1/runs', {
      token: as,
      body: { runbook: 'runbook', ...body },
      headers: { 'Idempotency-Key': key },
    });
  const [first, second] = await Promise.all([start('k1', {}), start('k1', {})]);
  expect(second.json).toEqual(first.json);
  expect((await start('k1', {})).json).toEqual(first.json);
  expect(await start('k1', { reason: 'another' })).toMatchObject({
    status: 409,
    json: { code: 'idempotency_reused' },
  });
  const word = (value: string) => start('k3', { params: { word: value } });
  expect((await word('hi')).json).toEqual((await word('hi')).json);
  expect(await word('bye')).toMatchObject({ status: 409, json: { code: 'idempotency_reused' } });
  const other = await start('k1', {}, await served.token(robin, ['start']));
  expect(other.json).not.toEqual(first.json);
  expect((await start('k2', {})).json).not.toEqual(first.json);
  expect(await start('with space', {})).toMatchObject({ status: 400 });
});

test('a long poll answers when something happens, and says which version that is', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start', 'read']);
  const person = await served.token(robin, ['decide']);
  const { run, request, hash } = await startGated(served, token);
  const before = await served.call(`GET /v1/runs/${run}`, { token });
  const version = before.headers.get('runbook-version');
  const poll = served.call(`GET /v1/runs/${run}?wait=50&version=${version}`, { token });
  await served.call(`POST /v1/requests/${request}/decisions`, {
    token: person,
    body: { hash, decision: 'reject', reason: 'no' },
  });
  const answer = await poll;
  expect(Number(answer.headers.get('runbook-version'))).toBeGreaterThan(Number(version));
});

test('a long poll ends at once when the server stops', async () => {
  const served = await openServed();
  const token = await served.token(bot, ['start']);
  const { run } = await startGated(served, token);
  const poll = served.call(`GET /v1/runs/${run}?wait=50`, { token });
  await served.followed(1);
  await served.stop();
  expect((await poll).json).toMatchObject({ status: 'waiting' });
});
