import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { openServed, pick, robin, startGated } from './served.ts';

test('a body of the limit is read, and one byte more is refused, announced or not', async () => {
  const served = await openServed();
  const token = await served.token(robin, ['read']);
  const limit = 1024 * 1024;
  const body = (size: number) => {
    const empty = JSON.stringify({ receipts: [{ file: 'a', text: '' }] });
    const text = 'x'.repeat(size - empty.length);
    return JSON.stringify({ receipts: [{ file: 'a', text }] });
  };
  const verify = (size: number) =>
    served.call('POST /v1/audit/verify', { token, body: body(size) });
  expect(pick((await verify(limit)).json, 'code')).not.toBe('body_too_large');
  expect(await verify(limit + 1)).toMatchObject({ status: 413, json: { code: 'body_too_large' } });

  const chunked = await fetch(`${served.url}/v1/audit/verify`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: new Blob([body(limit + 1)]).stream(),
    duplex: 'half',
  });
  expect(chunked.status).toBe(413);
  expect(await chunked.json()).toMatchObject({ code: 'body_too_large', exit_code: 2 });
});

test.each([
  ['', 'body:1:1: ends, but expected a value'],
  ['{"reason": "a" "b"}', 'body:1:16: expected `,` or `}`'],
  ['{\n  "reason": tru\n}', 'body:2:13: expected a value'],
  ['{"reason": "topsecret", }', 'body:1:25: expected a key in double quotes'],
  ['[1, 2', 'body:1:6: ends, but expected `,` or `]`'],
  ['{} {}', 'body:1:4: expected nothing more'],
  ['{"a":'.repeat(65), 'body:1:321: nests deeper than 64'],
  ['{"reason": 1}', 'body, `reason`: expected string'],
  ['{"raeson": "topsecret"}', 'body, `raeson`: there is no such key'],
  ['"topsecret"', 'body: expected Object'],
])(
  'a body that is not what a route takes is refused with its place, never quoted: %s',
  async (body, message) => {
    const served = await openServed();
    const token = await served.token(robin, ['start']);
    const answer = await served.call(`POST /v1/runs/latest/cancel`, { token, body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'body_invalid' } });
    expect(pick(answer.json, 'message')).toContain(message);
    expect(answer.text).not.toContain('topsecret');
  },
);

test('a body that is no UTF-8, or not said to be JSON, is refused', async () => {
  const served = await openServed();
  const token = await served.token(robin, ['start']);
  const cancel = (body: unknown, headers = {}) =>
    served.call('POST /v1/runs/latest/cancel', { token, body, headers });
  expect((await cancel(Buffer.from('{"reason": "\xff"}', 'latin1'))).json).toMatchObject({
    code: 'body_invalid',
    message: 'body, line 1: not UTF-8',
  });
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx']) {
    expect(await cancel('{}', { 'Content-Type': type })).toMatchObject({
      status: 415,
      json: { code: 'media_type_unsupported' },
    });
  }
});

test.each([
  ['GET /v1/runs?limit=1001', 400, 'query_invalid'],
  ['GET /v1/runs?limit=-1', 400, 'query_invalid'],
  ['GET /v1/runs?limit=1&all=true', 400, 'query_invalid'],
  ['GET /v1/audit/entries/first', 400, 'index_invalid'],
  ['GET /v1/audit/entries/99999', 404, 'entry_unknown'],
  ['GET /v1/nothing', 404, 'route_unknown'],
  ['GET /nowhere', 404, 'route_unknown'],
  ['GET /v1/runs/', 404, 'route_unknown'],
  ['PUT /v1/runs', 405, 'method_not_allowed'],
  ['DELETE /v1/runs/latest', 405, 'method_not_allowed'],
  ['OPTIONS /v1/runs', 405, 'method_not_allowed'],
  ['GET /v1/decisions', 405, 'method_not_allowed'],
  ['GET /v1/requests/only/decisions', 405, 'method_not_allowed'],
  ['POST /healthz', 405, 'method_not_allowed'],
])('%s is answered %i %s', async (target, status, code) => {
  const served = await openServed();
  const token = await served.token(robin, ['start', 'read', 'decide', 'admin']);
  const answer = await served.call(target, { token });
  expect(answer).toMatchObject({ status, json: { code } });
  expect(answer.headers.has('allow')).toBe(status === 405);
});

test('a HEAD or a GET of a place that decides changes nothing', async () => {
  const served = await openServed();
  const token = await served.token(robin, ['start', 'read', 'decide', 'admin']);
  const { run, request } = await startGated(served, token);
  const { length } = await served.scene.service().events(run as never, 0);
  for (const path of [
    `/v1/requests/${request}/decisions`,
    '/v1/decisions',
    `/v1/runs/${run}/cancel`,
  ]) {
    for (const method of ['HEAD', 'GET']) {
      expect((await served.call(`${method} ${path}`, { token })).status).toBe(405);
    }
  }
  expect(await served.scene.service().events(run as never, 0)).toHaveLength(length);
});

test.each([
  [{ 'Runbook-Agent': '' }],
  [{ 'Runbook-Agent': 'two words' }],
  [{ 'Runbook-Agent': 'a'.repeat(201) }],
  [{ 'Runbook-Ci': 'github/acme/infra; actor=' }],
  [{ 'Runbook-Ci': 'github/acme/infra; owner=x' }],
  [{ 'Runbook-On-Behalf-Of': 'two words' }],
])('a claim that cannot be read is refused, not dropped: %o', async (headers) => {
  const served = await openServed();
  const token = await served.token(robin, ['start']);
  expect(await served.call('GET /v1/me', { token, headers })).toMatchObject({
    status: 400,
    json: { code: 'claim_invalid' },
  });
});

test('claims join the chain of a run', async () => {
  const served = await openServed();
  const token = await served.token(robin, ['start']);
  const started = await served.call('POST /v1/runs', {
    token,
    body: { runbook: 'runbook' },
    headers: { 'Runbook-Agent': 'deploy-bot', 'Runbook-Ci': 'github/acme/infra' },
  });
  const { json } = await served.call(`GET /v1/runs/${String(pick(started.json, 'run'))}/events`, {
    token,
  });
  const chain = pick(json, 'events', 0, 'event', 'data', 'initiator', 'chain');
  expect(chain).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ role: 'caller', person: 'robin' }),
      { role: 'agent', identity: 'agent:deploy-bot', person: null, claimed: true },
      { role: 'agent_owner', identity: 'person:ana', person: 'ana', claimed: true },
      { role: 'ci', identity: 'ci:github/acme/infra', person: null, claimed: true },
    ]),
  );
});

test('a token that calls too often is told when to come back, and keeps no other out', async () => {
  const served = await openServed({ perMinute: 60 });
  const [busy, quiet] = [await served.token(robin, ['read']), await served.token(robin, ['read'])];
  let refused = await served.call('GET /v1/me', { token: busy });
  for (let calls = 0; calls < 20 && refused.status === 200; calls += 1) {
    refused = await served.call('GET /v1/me', { token: busy });
  }
  expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited', exit_code: 2 } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await served.call('GET /v1/me', { token: quiet })).status).toBe(200);
});

test('a stranger who tries tokens is held up, and bearers from the same address are not', async () => {
  const served = await openServed({ perMinute: 60 });
  const token = await served.token(robin, ['read']);
  const guess = (last: number) =>
    served.call('GET /v1/me', { token: `rbk_${'A'.repeat(42)}${last % 10}` });
  let answer = await guess(0);
  expect(answer).toMatchObject({ status: 401, json: { exit_code: 4 } });
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  for (let calls = 0; calls < 20 && answer.status === 401; calls += 1) {
    answer = await guess(calls);
  }
  expect(answer).toMatchObject({ status: 429 });
  expect((await served.call('GET /v1/me', { token })).status).toBe(200);
});

test('a client that sends its headers byte by byte is cut off', async () => {
  const served = await openServed({ limits: { headersMs: 200, requestMs: 400 } });
  const socket = connect(served.port, '127.0.0.1');
  const drip = setInterval(() => socket.write('a'), 20);
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const said: Buffer[] = [];
  socket.on('data', (data) => said.push(data));
  await new Promise((resolve) => {
    socket.on('close', resolve);
    socket.on('error', resolve);
  });
  clearInterval(drip);
  expect(Buffer.concat(said).toString()).toMatch(/^(HTTP\/1.1 408 .*)?/);
  expect((await served.call('GET /healthz')).status).toBe(200);
});

test('a client that sends its body byte by byte is cut off', async () => {
  const served = await openServed({ limits: { headersMs: 200, requestMs: 400 } });
  const token = await served.token(robin, ['read']);
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/audit/verify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`,
  );
  const drip = setInterval(() => socket.write(' '), 20);
  socket.resume();
  await new Promise((resolve) => socket.on('close', resolve));
  clearInterval(drip);
  expect((await served.call('GET /healthz')).status).toBe(200);
});

test('headers beyond 16 KiB are refused', async () => {
  const served = await openServed();
  const answer = await served.call('GET /healthz', { headers: { 'X-Long': 'a'.repeat(17_000) } });
  expect(answer.status).toBe(431);
});

test('no answer lets a browser keep, frame, share or guess it', async () => {
  const served = await openServed();
  for (const path of ['/healthz', '/v1/me', '/nothing']) {
    const { headers } = await served.call(`GET ${path}`, {
      headers: { Origin: 'https://evil.example' },
    });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.has('access-control-allow-origin')).toBe(false);
    expect(headers.has('set-cookie')).toBe(false);
  }
});

test('the log says who called what, and never a secret, a body or a query', async () => {
  const served = await openServed();
  const token = await served.token(robin, ['read']);
  await served.call('GET /v1/runs?limit=17', { token });
  await served.call('POST /v1/audit/verify', { token, body: { topsecret: 1 } });
  await served.call('GET /v1/topsecret', { token: `rbk_${'B'.repeat(43)}` });
  const answer = await served.call('GET /healthz');
  const text = JSON.stringify(served.log);
  for (const secret of [token, 'topsecret', 'BBBB', '17']) {
    expect(text.replace(/"(time|id|token|ms)":("[^"]*"|\d+)/g, '')).not.toContain(secret);
  }
  expect(served.log).toMatchObject([
    { event: 'call', method: 'GET', route: '/v1/runs', status: 200 },
    { route: '/v1/audit/verify', status: 400, code: 'body_invalid' },
    { route: 'unknown', status: 404, code: 'route_unknown', token: null },
    { route: '/healthz', status: 200, id: answer.headers.get('request-id') },
  ]);
});
