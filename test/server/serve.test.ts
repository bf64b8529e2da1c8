import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { describeProcess } from '../../src/base/process.ts';
import type { HttpEntrance, Reception, ReceptionHealth } from '../../src/channels/channel.ts';
import { describeSelf } from '../../src/engine/hold.ts';
import { localService } from '../../src/engine/local-service.ts';
import { openOffice } from '../../src/engine/office/open-office.ts';
import { openServer } from '../../src/server/open-server.ts';
import { serve } from '../../src/server/serve.ts';
import { readServeSettings } from '../../src/server/settings.ts';
import type { Holder } from '../../src/store/store.ts';
import { freePort } from '../support/free-port.ts';
import { openScene } from '../support/scene.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { bot, gated, openServed, pick, robin, startGated } from './served.ts';

/** A way to reach reviewers that reaches nobody. */
function aReception(of: Partial<Reception> & { readonly standing?: ReceptionHealth }): Reception {
  return {
    name: 'pigeons',
    attend: (_front, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve());
      }),
    tell: async () => undefined,
    http: null,
    health: () => of.standing ?? { ok: true, message: 'they fly', backlog: 0 },
    examine: async () => [],
    ...of,
  };
}

test('ready is the server that works and reaches its reviewers; alive it is also without them', async () => {
  let standing: ReceptionHealth = { ok: true, message: 'they fly', backlog: 0 };
  const served = await openServed({ receptions: [aReception({ health: () => standing })] });
  expect(await served.call('GET /readyz')).toMatchObject({
    status: 200,
    json: { status: 'ok', receptions: [{ name: 'pigeons', ok: true, backlog: 0 }] },
  });
  standing = { ok: false, message: 'they sleep', backlog: 3 };
  const degraded = { json: { status: 'degraded', receptions: [{ message: 'they sleep' }] } };
  expect(await served.call('GET /readyz')).toMatchObject({ status: 200, ...degraded });
  expect(await served.call('GET /healthz')).toMatchObject({ status: 200, ...degraded });
});

test('whoever looks at a request is led to its page, in any process and while a server runs; a chat is not led to `localhost`', async () => {
  let chatUrl: string | null | undefined;
  const attend: Reception['attend'] = async (front, signal) => {
    chatUrl = front.url;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  const served = await openServed({ receptions: [aReception({ attend })] });
  const token = await served.token(bot, ['start', 'read']);
  const { run, request } = await startGated(served, token);
  const url = `${served.origin}/requests/${request}`;
  expect(served.origin).toMatch(/^http:\/\/localhost:[1-9]\d*$/);
  const { json } = await served.call(`GET /v1/requests/${request}`, { token });
  expect(json).toMatchObject({ url });
  expect((await served.call(`GET /v1/runs/${run}`, { token })).json).toMatchObject({
    requests: [{ url }],
  });
  const elsewhere = served.scene.service();
  expect(await elsewhere.describeRequest(request)).toMatchObject({ url });
  expect(chatUrl).toBeNull();
  await served.stop();
  expect(await elsewhere.describeRequest(request)).not.toHaveProperty('url');
});

test('metrics count calls by route, never by path, and tell how runs and reviewers stand', async () => {
  const standing = { ok: false, message: 'they sleep', backlog: 3 };
  const served = await openServed({ receptions: [aReception({ standing })] });
  const token = await served.token(bot, ['start', 'read']);
  await startGated(served, token);
  await served.call('GET /v1/runs/zzzz', { token });
  await served.call('GET /v1/made/up/topsecret');
  const { text, headers } = await served.call('GET /metrics', { token });
  expect(headers.get('content-type')).toContain('text/plain');
  expect(text).toContain('runbook_runs_open 1');
  expect(text).toContain('runbook_reception_up{reception="pigeons"} 0');
  expect(text).toContain('runbook_reception_backlog{reception="pigeons"} 3');
  expect(text).toContain(
    'runbook_http_requests_total{method="GET",route="/v1/runs/{run}",status="404"} 1',
  );
  expect(text).toContain('{method="GET",route="unknown",status="404"} 1');
  expect(text).toMatch(/^runbook_journal_entries [1-9]/m);
  expect(text).not.toContain('topsecret');
});

test('what a chat sends reaches its reception byte by byte, without a token', async () => {
  const got: Parameters<HttpEntrance['handle']>[0][] = [];
  const http: HttpEntrance = {
    path: '/pigeons/landed',
    handle: async (request) => {
      got.push(request);
      return { status: 202, body: 'coo', contentType: 'text/plain' };
    },
  };
  const served = await openServed({ receptions: [aReception({ http })] });
  const body = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x20]);
  const answer = await served.call('POST /pigeons/landed', {
    body,
    headers: { 'X-Signature': 'v0=1', 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  expect(answer).toMatchObject({ status: 202, text: 'coo' });
  expect(got[0]?.body).toEqual(body);
  expect(got[0]?.headers).toMatchObject({ 'x-signature': 'v0=1' });

  const large = Buffer.alloc(1024 * 1024 + 1);
  expect((await served.call('POST /pigeons/landed', { body: large })).status).toBe(413);
  expect((await served.call('GET /pigeons/landed')).status).toBe(405);
  expect(got).toHaveLength(1);
  expect(JSON.stringify(served.log)).not.toContain('v0=1');
});

test('a reception that fails is answered for, and its words are not told', async () => {
  const http: HttpEntrance = {
    path: '/pigeons/landed',
    handle: () => Promise.reject(new Error('topsecret')),
  };
  const served = await openServed({ receptions: [aReception({ http })] });
  const answer = await served.call('POST /pigeons/landed', { body: 'x' });
  expect(answer).toMatchObject({ status: 500, json: { code: 'internal', exit_code: 70 } });
  expect(answer.text + JSON.stringify(served.log)).not.toContain('topsecret');
  expect(served.log.at(-1)).toMatchObject({ code: 'internal', error: 'Error' });
});

test('a second server of one journal is refused, and lets go of its address', async () => {
  const scene = openScene({ runbook: gated });
  const engine = scene.engine();
  const other: Holder = {
    ...describeSelf(engine),
    pid: process.ppid,
    startTime: describeProcess(process.ppid) ?? '',
  };
  await engine.store.takeHold('serve', other, () => true);
  const port = await freePort();
  const again = () =>
    serve(
      openOffice(engine, {
        serviceFor: (theirs) => localService(theirs, scene.elsewhere),
        url: null,
      }),
      readServeSettings(null, { listen: `127.0.0.1:${port}` }),
      { signal: new AbortController().signal, log: () => undefined, clock: scene.clock },
    );
  await expect(again()).rejects.toMatchObject({ code: 'serve_held', exitCode: 16 });
  await expect(again()).rejects.toMatchObject({ code: 'serve_held' });
});

test('an address that is taken is said so', async () => {
  const served = await openServed();
  const taken = openServer(() => new Response(), {
    ...readServeSettings(null, { listen: `127.0.0.1:${served.port}` }),
  });
  await expect(taken).rejects.toMatchObject({ code: 'listen_failed', exitCode: 2 });
  expect((await served.call('GET /readyz')).status).toBe(200);
});

test('a step that runs when the server stops may end, and the run goes on with the next server', async () => {
  const runbook =
    'name: slow\nsteps: [{ id: nap, run: "sleep 0.4; echo rested" }, { id: next, exec: [echo, on] }]\n';
  const served = await openServed({ runbook });
  const token = await served.token(bot, ['start']);
  const { json } = await served.call('POST /v1/runs', { token, body: { runbook: 'runbook' } });
  const run = String(pick(json, 'run'));
  const isRunning = async () => {
    const report = await served.call(`GET /v1/runs/${run}`, { token });
    return pick(report.json, 'steps', 0, 'status') === 'running';
  };
  while (!(await isRunning())) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await served.stop();
  await expect(fetch(`${served.url}/healthz`)).rejects.toThrow();
  const report = await served.scene.service().status(run);
  expect(report.steps).toMatchObject([{ status: 'succeeded' }, { status: 'pending' }]);
});

test('over TLS it speaks 1.2 and later, and says how it is reached', async () => {
  const dir = tempFolder();
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -days 1 -keyout ${key} -out ${cert}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  const scene = openScene({ runbook: gated });
  const over = new AbortController();
  const serving = await serve(
    openOffice(scene.engine(), {
      serviceFor: (engine) => localService(engine, scene.elsewhere),
      url: null,
    }),
    readServeSettings(null, { listen: '127.0.0.1:0', tlsCert: cert, tlsKey: key }),
    { signal: over.signal, log: () => undefined, clock: scene.clock },
  );
  const { port } = serving.address;
  expect(serving.url).toBe(`https://127.0.0.1:${port}`);
  const status = await new Promise((resolve, reject) => {
    const asked = get(
      { port, path: '/healthz', ca: readFileSync(cert), servername: 'localhost', agent: false },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    asked.on('error', reject);
  });
  expect(status).toBe(200);
  const old = await new Promise((resolve) => {
    const socket = connect({
      port,
      rejectUnauthorized: false,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    socket.on('secureConnect', () => resolve('connected'));
    socket.on('error', () => resolve('refused'));
  });
  expect(old).toBe('refused');
  over.abort();
  await serving.closed;
});

test('a key that is not the certificate’s is refused before anything listens', async () => {
  const dir = tempFolder({ 'cert.pem': 'no', 'key.pem': 'no' });
  const scene = openScene({ runbook: gated });
  const office = openOffice(scene.engine(), {
    serviceFor: (engine) => localService(engine, scene.elsewhere),
    url: null,
  });
  const flags = { tlsCert: join(dir, 'cert.pem'), tlsKey: join(dir, 'key.pem') };
  await expect(
    serve(office, readServeSettings(null, { listen: '127.0.0.1:0', ...flags }), {
      signal: new AbortController().signal,
      log: () => undefined,
      clock: scene.clock,
    }),
  ).rejects.toMatchObject({ code: 'tls_unreadable' });
});

test('an agent’s token that the journal gives every scope still decides and administers nothing', async () => {
  const served = await openServed();
  const { request, hash } = await startGated(served, await served.token(robin, ['start', 'read']));
  const secret = `rbk_${'c'.repeat(43)}`;
  await served.scene.engine().store.commit({
    run: null,
    expectedVersion: null,
    commandId: 'forged',
    events: [
      {
        type: 'token.issued',
        data: {
          token: 'c0dec0dec0dec0de',
          hash: sha256(secret),
          holder: bot,
          scopes: ['start', 'read', 'decide', 'admin'],
          label: null,
          expires_at: '2999-01-01T00:00:00.000Z',
          by: 'os:mallory@web1',
        },
      },
    ],
  });
  expect((await served.call('GET /v1/me', { token: secret })).status).toBe(200);
  const refused = { status: 403, json: { code: 'agent_decides', exit_code: 13 } };
  for (const [target, body] of [
    [`POST /v1/requests/${request}/decisions`, { hash, decision: 'approve' }],
    ['POST /v1/decisions', { statement: 'x', signature: 'x' }],
    ['POST /v1/tokens', { holder: bot, scopes: ['start'], expires_in_ms: 60_000 }],
    ['GET /v1/tokens', undefined],
    ['DELETE /v1/tokens/c0dec0dec0dec0de', undefined],
  ] as const) {
    expect(await served.call(target, { token: secret, body }), target).toMatchObject(refused);
  }
});
