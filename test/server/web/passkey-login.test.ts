import { describe, expect, test } from 'vitest';
import { openPlainBrowser, type PlainBrowser } from '../../support/plain-browser.ts';
import type { Lie, WebPasskey } from '../../support/web-passkey.ts';
import { openServed, type Served } from '../served.ts';
import { enrolled, newPasskey, signedFields } from './ceremonies.ts';

const namespace = 'login@runbook/v1';

interface Said {
  readonly status: number;
  readonly json: Readonly<Record<string, string>>;
}

async function call(
  { origin }: Served,
  browser: PlainBrowser,
  post: { readonly path: string; readonly fields: Readonly<Record<string, string>> },
): Promise<Said> {
  const { status, text } = await browser.post(`${origin}${post.path}`, post.fields, { json: true });
  return { status, json: JSON.parse(text) as Said['json'] };
}

async function begin(served: Served, browser: PlainBrowser, to = '/'): Promise<string> {
  const said = await call(served, browser, { path: '/login/passkey/begin', fields: { to } });
  expect(said.status).toBe(200);
  return said.json['statement'] ?? '';
}

function finish(
  served: Served,
  browser: PlainBrowser,
  fields: Readonly<Record<string, string>>,
): Promise<Said> {
  return call(served, browser, { path: '/login/passkey', fields });
}

async function tokens(served: Served) {
  return served.scene.service().tokens();
}

interface Trial {
  readonly served: Served;
  readonly passkey: WebPasskey;
  readonly browser: PlainBrowser;
}

async function openTrial(): Promise<Trial> {
  const served = await openServed();
  return { served, passkey: await enrolled(served, 'robin'), browser: openPlainBrowser() };
}

test('a passkey opens a session of its owner, and goes on where they wanted to be', async () => {
  const { served, passkey, browser } = await openTrial();
  const statement = await begin(served, browser, '/runs');
  const signed = signedFields(passkey, { namespace, statement });
  expect(await finish(served, browser, signed)).toEqual({ status: 200, json: { to: '/runs' } });
  expect(await browser.get(`${served.origin}/runs`)).toMatchObject({
    status: 200,
    url: `${served.origin}/runs`,
  });
  expect(await tokens(served)).toMatchObject([
    {
      holder: { kind: 'person', id: 'robin' },
      scopes: ['read', 'decide'],
      label: 'web',
      issued_by: expect.stringMatching(/^passkey:[0-9a-z]{16}$/) as string,
    },
  ]);
});

test('it goes on nowhere but on a path of ours', async () => {
  const { served, passkey, browser } = await openTrial();
  const statement = await begin(served, browser, '//evil.example.com');
  const signed = signedFields(passkey, { namespace, statement });
  expect(await finish(served, browser, signed)).toMatchObject({ json: { to: '/' } });
});

describe('no session comes of', () => {
  const lies: readonly (readonly [string, Lie])[] = [
    ['another page', { origin: 'https://evil.example.com' }],
    ['a passkey whose owner showed nothing', { flags: 0x01 }],
    ['a frame in another page', { clientData: (text) => text.replace('false', 'true') }],
  ];
  test.each(lies)('a signature on %s', async (_, lie) => {
    const { served, passkey, browser } = await openTrial();
    const statement = await begin(served, browser);
    const signed = signedFields(passkey, { namespace, statement, lie });
    expect(await finish(served, browser, signed)).toMatchObject({
      status: 401,
      json: { code: 'login_refused' },
    });
    expect(await tokens(served)).toEqual([]);
  });

  test.each(['approval@runbook/v1', 'passkey@runbook/v1'])('a signature for %s', async (other) => {
    const { served, passkey, browser } = await openTrial();
    const statement = await begin(served, browser);
    const signed = signedFields(passkey, { namespace: other, statement });
    expect(await finish(served, browser, signed)).toMatchObject({ status: 401 });
    expect(await tokens(served)).toEqual([]);
  });

  test('a signature over what another browser was shown', async () => {
    const { served, passkey, browser } = await openTrial();
    const statement = await begin(served, openPlainBrowser());
    const signed = signedFields(passkey, { namespace, statement });
    expect(await finish(served, browser, signed)).toMatchObject({ status: 401 });
    await begin(served, browser);
    expect(await finish(served, browser, signed)).toMatchObject({ status: 401 });
    expect(await tokens(served)).toEqual([]);
  });

  test('the same signature again', async () => {
    const { served, passkey, browser } = await openTrial();
    const statement = await begin(served, browser);
    const cookies = new Map(browser.cookies);
    const signed = signedFields(passkey, { namespace, statement });
    expect(await finish(served, browser, signed)).toMatchObject({ status: 200 });
    const thief = openPlainBrowser();
    for (const [name, value] of cookies) {
      thief.cookies.set(name, value);
    }
    expect(await finish(served, thief, signed)).toMatchObject({ status: 401 });
    expect(await tokens(served)).toHaveLength(1);
  });

  test('a passkey that nobody enrolled, or that was removed', async () => {
    const { served, passkey, browser } = await openTrial();
    const [own] = await served.scene.service().passkeys('robin');
    const account = { osUser: served.scene.engine().account };
    await served.scene.service(undefined, account).removePasskey(own?.passkey ?? '', null);
    for (const other of [passkey, newPasskey(served)]) {
      const statement = await begin(served, browser);
      const signed = signedFields(other, { namespace, statement });
      expect(await finish(served, browser, signed)).toMatchObject({
        status: 401,
        json: { code: 'login_refused' },
      });
    }
    expect(await tokens(served)).toEqual([]);
  });
});
