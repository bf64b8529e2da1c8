import { describe, expect, test } from 'vitest';
import { openServed, type Served } from '../served.ts';
import { call, enrolled, invite, newPasskey, prepareInvited, signedFields } from './ceremonies.ts';
import { browse, browseWith } from './visiting.ts';

const namespace = 'passkey@runbook/v1';

async function passkeysOf({ scene }: Served, person: string) {
  return scene.service().passkeys(person);
}

describe('an invitation', () => {
  test('makes one passkey its person’s, and is used up', async () => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [secret, passkey] = [await invite(served, 'robin'), newPasskey(served)];
    const statement = await prepareInvited(stranger, passkey, secret);
    const fields = { secret, statement, ...signedFields(passkey, { namespace, statement }) };
    expect(await call(stranger, '/passkeys/new', fields)).toMatchObject({ status: 200 });
    expect(await call(stranger, '/passkeys/new', fields)).toMatchObject({ status: 200 });
    const again = statement.replace('laptop', 'another');
    const more = { spki: passkey.spki.toString('base64url'), credential: passkey.credential };
    for (const [path, sent] of [
      ['/passkeys/new/begin', {}],
      ['/passkeys/new/statement', more],
      [
        '/passkeys/new',
        { statement: again, ...signedFields(passkey, { namespace, statement: again }) },
      ],
    ] as const) {
      const { status } = await call(stranger, path, { secret, ...sent });
      expect.soft([path, status >= 400]).toEqual([path, true]);
    }
    expect(await passkeysOf(served, 'robin')).toMatchObject([{ label: 'laptop' }]);
  });

  test('that two hold makes one passkey, whoever is first', async () => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const secret = await invite(served, 'robin');
    const both = await Promise.all(
      [newPasskey(served), newPasskey(served)].map(async (passkey) => {
        const statement = await prepareInvited(stranger, passkey, secret);
        return { secret, statement, ...signedFields(passkey, { namespace, statement }) };
      }),
    );
    const answers = await Promise.all(
      both.map(async (fields) => call(stranger, '/passkeys/new', fields)),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 401]);
    expect(await passkeysOf(served, 'robin')).toHaveLength(1);
  });

  test('is known by its secret alone, which no page and no path carries', async () => {
    const served = await openServed();
    const secret = await invite(served, 'robin');
    const stranger = browseWith(served, '');
    const { text, headers } = await stranger.get(`/passkeys/new?secret=${secret}`);
    expect(text).not.toContain(secret);
    expect(text).not.toContain('robin');
    expect(headers.get('set-cookie')).toBeNull();
    expect(JSON.stringify(served.log)).not.toContain(secret);
    for (const wrong of ['', 'x', `${secret}x`, secret.toUpperCase()]) {
      const { json } = await call(stranger, '/passkeys/new/begin', { secret: wrong });
      expect.soft(json['code']).toBe('invitation_refused');
    }
    const { json } = await call(stranger, '/passkeys/new/begin', { secret });
    expect(json).toEqual({ person: 'robin', credentials: [] });
  });

  const forgeries: readonly [string, (statement: string) => string][] = [
    ['somebody else', (text) => text.replace('"person":"robin"', '"person":"kim"')],
    ['another page', (text) => text.replace(/"origin":"[^"]*"/, '"origin":"http://localhost:1"')],
    ['another name', (text) => text.replace('laptop', 'phone')],
  ];

  test.each(forgeries)('does not enrol a passkey for %s than was asked', async (_, forge) => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [secret, passkey] = [await invite(served, 'robin'), newPasskey(served)];
    const prepared = await prepareInvited(stranger, passkey, secret);
    const signed = signedFields(passkey, { namespace, statement: prepared });
    const fields = { secret, statement: forge(prepared), ...signed };
    expect((await call(stranger, '/passkeys/new', fields)).status).toBeGreaterThanOrEqual(400);
    expect(await passkeysOf(served, 'kim')).toEqual([]);
    expect(await passkeysOf(served, 'robin')).toEqual([]);
  });

  test.each([
    ['by another key', {}, true],
    ['on another page', { origin: 'https://evil.example' }, false],
    ['without a fingerprint or PIN', { flags: 1 }, false],
  ])('does not enrol what was signed %s', async (_, lie, other) => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [secret, passkey] = [await invite(served, 'robin'), newPasskey(served)];
    const statement = await prepareInvited(stranger, passkey, secret);
    const signer = other ? newPasskey(served) : passkey;
    const signed = signedFields(signer, { namespace, statement, lie });
    const { status } = await call(stranger, '/passkeys/new', { secret, statement, ...signed });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(await passkeysOf(served, 'robin')).toEqual([]);
  });
});

describe('the account page', () => {
  test('lists its owner’s passkeys alone, and they remove one', async () => {
    const served = await openServed();
    await enrolled(served, 'robin');
    await enrolled(served, 'kim');
    const robin = await browse(served, 'robin');
    const [own] = await passkeysOf(served, 'robin');
    const [kims] = await passkeysOf(served, 'kim');
    const { text } = await robin.get('/account');
    expect(text).toContain(own?.passkey);
    expect(text).not.toContain(kims?.passkey);
    const { text: refused } = await robin.post(`/account/passkeys/${kims?.passkey ?? ''}/remove`);
    expect(refused).toContain('scope_forbidden');
    const removed = await robin.post(`/account/passkeys/${own?.passkey ?? ''}/remove`);
    expect(removed).toMatchObject({ status: 303, to: '/account' });
    expect(await passkeysOf(served, 'robin')).toMatchObject([
      { removed_at: expect.any(String) as string },
    ]);
    expect(await passkeysOf(served, 'kim')).toMatchObject([{ removed_at: null }]);
  });

  test('shows nobody anything who is not logged in', async () => {
    const served = await openServed();
    expect(await browseWith(served, '').get('/account')).toMatchObject({
      status: 303,
      to: '/login?to=%2Faccount',
    });
  });

  test('makes nobody a passkey by a session alone', async () => {
    const served = await openServed();
    const robin = await browse(served, 'robin');
    const passkey = newPasskey(served);
    const { credential, spki } = passkey;
    const asked = { credential, spki: spki.toString('base64url') };
    const { json } = await call(robin, '/account/passkeys/statement', asked);
    const statement = json['statement'] ?? '';
    const signed = { statement, ...signedFields(passkey, { namespace, statement }) };
    // There is nobody here to log in with.
    expect((await call(robin, '/account/passkeys', signed)).json['code']).toBe('issuer_unknown');
    const other = await browse(served, 'kim');
    expect((await call(other, '/account/passkeys', signed)).json['code']).toBe('other_person');
    const { text } = await robin.post('/account/passkeys', { label: 'no script' });
    expect(text).toContain('Nothing was done');
    expect(await passkeysOf(served, 'robin')).toEqual([]);
  });
});
