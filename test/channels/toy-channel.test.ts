import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { channelKinds, openApp, openServing } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { serve } from '../../src/server/serve.ts';
import { readServeSettings } from '../../src/server/settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { toy } from './toy/toy.ts';

const bell = 'the bell’s own secret';

function openHouse(channels: string) {
  const dir = tempFolder({
    'runbooks/gated.yaml':
      'name: gated\nsteps: [{ id: change, privileged: true, run: echo ran >> ran.txt }]\n',
  });
  const config = tempFolder({
    'people.yaml': 'people:\n  - { name: ana }\n  - { name: robin, emails: [robin@example.com] }\n',
    'config.yaml': `trusted_folders: ["${dir}/runbooks"]\nchannels: ${channels.replace('DIR', dir)}\n`,
  });
  const env = {
    ...process.env,
    RUNBOOK_CONFIG_DIR: config,
    RUNBOOK_STATE_DIR: join(dir, 'state'),
    BELL: bell,
  };
  // The one line in the list of `app.ts`.
  return { dir, here: { env, cwd: dir, terminal: null, channelKinds: [...channelKinds, toy] } };
}

/** A real server, over everything that `app.ts` puts together. */
async function serveHouse(channels: string) {
  const { dir, here } = openHouse(channels);
  const office = openServing(here, { url: null, workers: 1, graceMs: 0, log: () => undefined });
  const over = new AbortController();
  const { url, closed } = await serve(office, readServeSettings(null, { listen: '127.0.0.1:0' }), {
    signal: over.signal,
    log: () => undefined,
    clock: systemClock,
  });
  onTestFinished(async () => {
    over.abort();
    await closed;
    await office.close();
  });
  const service = office.serviceFor({ osUser: `${userInfo().username}@${hostname()}` });
  const { secret } = await service.issueToken({
    holder: { kind: 'person', id: 'ana' },
    scopes: ['start', 'read'],
    label: null,
    expiresInMs: 60_000,
  });
  const headers = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' };
  const call = async (path: string, body?: object): Promise<{ run: string; status: string }> => {
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${url}${path}`, { headers, ...sent });
    return response.json() as Promise<{ run: string; status: string }>;
  };
  return { dir, url, call };
}

async function ring(url: string, body: object, secret = bell): Promise<Response> {
  const text = JSON.stringify(body);
  const proof = createHmac('sha256', secret).update(text).digest('hex');
  return fetch(`${url}/toy/bell`, { method: 'POST', body: text, headers: { 'x-bell': proof } });
}

async function lineOn(wall: string): Promise<string> {
  const read = () => (existsSync(wall) ? readFileSync(wall, 'utf8') : '');
  await expect.poll(read, { timeout: 20_000 }).toMatch(/\n/);
  return read();
}

test('a channel of one folder and one line shows what waits, and takes the decision that lets it go on', async () => {
  const { dir, url, call } = await serveHouse(
    '{ toy: { wall: "DIR/wall", secret: { env: BELL } } }',
  );
  const { run } = await call('/v1/runs', { runbook: 'gated' });
  const line = await lineOn(join(dir, 'wall'));
  expect(line).toContain('sh: echo ran >> ran.txt');
  const yes = {
    id: 'ring-1',
    request: line.slice(0, 64),
    decision: 'approve',
    ringer: 'r1',
    address: 'robin@example.com',
  };
  expect((await ring(url, yes, 'another bell')).status).toBe(401);
  const stranger = await ring(url, { ...yes, id: 'ring-0', address: 'eve@example.com' });
  expect(await stranger.text()).toContain('`toy:r1` belongs to nobody');
  expect(await (await ring(url, yes)).text()).toBe('approve by robin recorded (A1)');
  await expect
    .poll(async () => (await call(`/v1/runs/${run}`)).status, { timeout: 20_000 })
    .toBe('succeeded');
  expect(readFileSync(join(dir, 'runbooks/ran.txt'), 'utf8')).toBe('ran\n');
  await expect.poll(() => readFileSync(join(dir, 'wall'), 'utf8')).toBe('');
});

test.each([
  ['{ toi: {} }', /config\.yaml:2:13: unknown key `toi`[^]*did you mean `toy`\?/],
  ['{ telegraph: {} }', /known here: slack, .*webhooks, spool, toy/],
  ['{ toy: { wal: x } }', /config\.yaml:2:20: unknown key `wal`[^]*did you mean `wall`\?/],
])(
  'what is written wrong under `channels` is told with its place: %s',
  async (channels, problem) => {
    const { here } = openHouse(channels);
    const app = openApp(here);
    onTestFinished(() => app.close());
    await expect(app.service.start({ source: gated(here.cwd), ...nothing })).rejects.toThrow(
      problem,
    );
  },
);

const gated = (dir: string) => {
  const file = join(dir, 'runbooks/gated.yaml');
  return { name: 'gated', file, dir, text: readFileSync(file, 'utf8'), trusted: true };
};

const nothing = { given: {}, environment: null, reason: null, ticket: null };
