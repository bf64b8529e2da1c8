import { expect, test } from 'vitest';
import { canonicalUrl } from '../../../src/server/web/origin.ts';
import { openServed, robin } from '../served.ts';
import { browse, browseWith } from './visiting.ts';

test('whoever is not logged in is sent to log in, and back', async () => {
  const served = await openServed();
  const answer = await browseWith(served, '').get('/runs');
  expect([answer.status, answer.to]).toEqual([303, '/login?to=%2Fruns']);
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('a session is a person’s token that may read, and nothing else', async () => {
  const served = await openServed();
  const machine = await served.token({ kind: 'agent', id: 'deploy-bot' }, ['read', 'start']);
  const starter = await served.token(robin, ['start']);
  for (const secret of [machine, starter, 'made-up', `rbk_${'A'.repeat(43)}`]) {
    expect((await browseWith(served, secret).get('/runs')).status).toBe(303);
  }
  const session = await browse(served, 'robin');
  expect((await session.get('/runs')).status).toBe(200);
});

test('what is not there is said as a page to browsers, and as JSON to everything else', async () => {
  const served = await openServed();
  const session = await browse(served, 'robin');
  const page = await session.get('/nowhere');
  expect([page.status, page.headers.get('content-type')]).toEqual([
    404,
    'text/html; charset=UTF-8',
  ]);
  expect(page.text).toContain('<h1>Not found</h1>');
  expect(page.text).toContain('<nav aria-label="Pages">');
  expect(page.text).not.toContain('openapi');
  const strangers = await browseWith(served, '').get('/nowhere');
  expect([strangers.status, strangers.text.includes('<nav')]).toEqual([404, false]);
  const asScript = await session.get('/nowhere', { accept: '*/*' });
  expect(JSON.parse(asScript.text)).toMatchObject({ code: 'route_unknown' });
  const inApi = await session.get('/v1/nowhere');
  expect(JSON.parse(inApi.text)).toMatchObject({ code: 'route_unknown' });
});

test('a page is of one policy: nothing inline, nothing of others, in nobody’s frame', async () => {
  const served = await openServed();
  const session = await browse(served, 'robin');
  for (const path of ['/runs', '/nowhere']) {
    const { headers } = await session.get(path);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; " +
        "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    );
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-encoding')).toBeNull();
  }
  const api = await served.call('GET /healthz');
  expect(api.headers.get('content-security-policy')).toBe(
    "default-src 'none'; frame-ancestors 'none'",
  );
});

test('what pages name is kept for ever, compressed where that is taken', async () => {
  const served = await openServed();
  const session = await browse(served, 'robin');
  const { text } = await session.get('/runs');
  const named = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(1);
  for (const path of named) {
    const zipped = await session.get(path, { 'accept-encoding': 'gzip' });
    const plain = await session.get(path, { 'accept-encoding': 'identity' });
    expect(zipped.headers.get('content-encoding')).toBe('gzip');
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(zipped.text).toBe(plain.text);
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  }
});

test('a browser that came by the machine’s address is led to the name that passkeys know', async () => {
  const served = await openServed();
  const asked = await fetch(`${served.url}/runs?whose=mine`, {
    redirect: 'manual',
    headers: { accept: 'text/html' },
  });
  expect(asked.headers.get('location')).toBe(`${served.origin}/runs?whose=mine`);
  expect(served.origin).toBe(`http://localhost:${served.port}`);
});

test('nobody without a session asks for more pages than an address may', async () => {
  const served = await openServed({ perMinute: 30 });
  const session = await browse(served, 'robin');
  const stranger = browseWith(served, '');
  const statuses: number[] = [];
  for (let call = 0; call < 8; call += 1) {
    statuses.push((await stranger.get('/runs')).status);
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429, 429]);
  const refused = await stranger.get('/runs');
  expect(refused.text).toContain('<h1>Too many calls</h1>');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await session.get('/runs')).status).toBe(200);
});

test('no other way to this machine is led away from: a proxy or a tunnel knows why it took it', () => {
  const origin = 'http://localhost:7878';
  const led = (url: string) => canonicalUrl(url, origin);
  expect(led('http://127.0.0.1:7878/runs?a=b')).toBe('http://localhost:7878/runs?a=b');
  expect(led('http://[::1]:7878/')).toBe('http://localhost:7878/');
  expect(led('http://localhost:7878/runs')).toBeNull();
  expect(led('http://127.0.0.1:9999/runs')).toBeNull();
  expect(led('http://10.0.0.3:7878/runs')).toBeNull();
  expect(canonicalUrl('http://127.0.0.1/', 'https://runbook.example.com')).toBeNull();
});

test('asked for its head alone, a page answers with its headers; asked by another method, it says which it takes', async () => {
  const served = await openServed();
  const session = await browse(served, 'robin');
  const headers = { cookie: `runbook_session=${session.secret}`, accept: 'text/html' };
  const head = await fetch(`${served.origin}/runs`, { method: 'HEAD', headers });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(head.headers.get('content-security-policy')).toContain("default-src 'none'");
  const got = await session.get('/logout');
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  expect(got.text).toContain('<h1>Not a page</h1>');
  expect(got.text).toContain('<nav aria-label="Pages">');
});

test('a session whose token is revoked opens nothing any more', async () => {
  const served = await openServed();
  const session = await browse(served, 'robin');
  const service = served.scene.service();
  const [token] = (await service.tokens()).filter(({ holder }) => holder.id === 'robin');
  await service.revokeToken(token?.token ?? '');
  expect((await session.get('/runs')).status).toBe(303);
  const verify = async (referer: string) => session.post('/journal/verify', {}, { referer });
  const posted = await verify(`${served.origin}/journal`);
  expect([posted.status, posted.text.includes('session_over')]).toEqual([401, true]);
  expect(posted.text).toContain('href="/login?to=%2Fjournal"');
  expect((await verify('https://evil.example/journal')).text).toContain('href="/login?to=%2F"');
});
