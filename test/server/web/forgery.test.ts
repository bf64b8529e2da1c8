import { describe, expect, test } from 'vitest';
import { webRoutes } from '../../../src/server/web/routes.ts';
import { ana, openServed, type Served, startGated } from '../served.ts';
import { type Browsing, browse, browseWith } from './visiting.ts';

/** With something to decide, so that a route that would do anything could. */
async function openPages() {
  const served = await openServed();
  const { run, request } = await startGated(served, await served.token(ana, ['start', 'read']));
  const known: Readonly<Record<string, string>> = { run, request, index: '0' };
  const pathOf = (path: string): string =>
    path.replace(/:(\w+)(?:\{[^/]*\})?/g, (_, name: string) => known[name] ?? 'x');
  return { served, session: await browse(served, 'robin'), pathOf };
}

async function sizeOf({ scene }: Served): Promise<number> {
  return (await scene.engine().store.head()).size;
}

const gets = webRoutes.filter(({ method }) => method === 'GET').map(({ path }) => path);
const posts = webRoutes.filter(({ method }) => method === 'POST').map(({ path }) => path);

test('opening a page changes nothing, whoever opens it', async () => {
  const { served, session, pathOf } = await openPages();
  const size = await sizeOf(served);
  for (const path of gets) {
    for (const cookie of ['', `runbook_session=${session.secret}`]) {
      const response = await fetch(`${served.origin}${pathOf(path)}`, {
        redirect: 'manual',
        headers: { accept: 'text/html', cookie },
      });
      await response.body?.cancel();
      expect.soft(response.status, path).toBeLessThan(500);
      expect.soft(await sizeOf(served), path).toBe(size);
    }
  }
});

describe('a post is refused, and changes nothing,', () => {
  type Forgery = (session: Browsing, other: Browsing) => readonly [fields: object, headers: object];
  const forgeries: readonly [name: string, forgery: Forgery][] = [
    ['from another site', () => [{}, { origin: 'https://evil.example' }]],
    ['from a frame without an origin', () => [{}, { origin: 'null' }]],
    ['from the same host on another port', () => [{}, { origin: 'http://localhost:1' }]],
    [
      'under another name of this machine',
      ({ csrf }) => [{ csrf }, { origin: 'http://127.0.0.1' }],
    ],
    ['with nothing that its session was given', () => [{ csrf: '' }, {}]],
    ['with something made up', () => [{ csrf: 'made-up' }, {}]],
    ['with what another session was given', (_own, { csrf }) => [{ csrf }, {}]],
  ];

  test.each(forgeries)('%s', async (_name, forge) => {
    const { served, session, pathOf } = await openPages();
    const [fields, headers] = forge(session, await browse(served, 'kim'));
    const size = await sizeOf(served);
    expect(posts.length).toBeGreaterThan(0);
    for (const path of posts) {
      const sent = { accept: '*/*', ...headers };
      const answer = await session.post(pathOf(path), { ...fields }, sent);
      const { code } = JSON.parse(answer.text) as { code: string };
      expect.soft([path, answer.status, code]).toEqual([path, 403, 'forged_call']);
      expect.soft(await sizeOf(served), path).toBe(size);
    }
  });

  test('without an origin at all', async () => {
    const { served, session, pathOf } = await openPages();
    const size = await sizeOf(served);
    for (const path of posts) {
      for (const type of ['application/x-www-form-urlencoded', 'application/json']) {
        const response = await fetch(`${served.origin}${pathOf(path)}`, {
          method: 'POST',
          redirect: 'manual',
          headers: { cookie: `runbook_session=${session.secret}`, 'content-type': type },
          body: type === 'application/json' ? '{}' : `csrf=${session.csrf}`,
        });
        expect.soft(await response.json(), path).toMatchObject({ code: 'forged_call' });
        expect.soft(await sizeOf(served), path).toBe(size);
      }
    }
  });

  test('in a form that scripts of other sites can send without asking', async () => {
    const { served, session, pathOf } = await openPages();
    for (const path of posts) {
      const response = await fetch(`${served.origin}${pathOf(path)}`, {
        method: 'POST',
        headers: { cookie: `runbook_session=${session.secret}`, origin: served.origin },
        body: `{"csrf":"${session.csrf}"}`,
      });
      expect.soft([path, response.status]).toEqual([path, 400]);
    }
  });
});

test('whoever is not logged in does nothing that takes a person', async () => {
  const { served, pathOf } = await openPages();
  const size = await sizeOf(served);
  for (const { method, path, access } of webRoutes) {
    if (method === 'POST' && access === 'person') {
      const answer = await browseWith(served, '').post(pathOf(path), {}, { accept: '*/*' });
      expect.soft([path, answer.status]).toEqual([path, 401]);
    }
  }
  expect(await sizeOf(served)).toBe(size);
});
