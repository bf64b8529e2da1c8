import { describe, expect, test } from 'vitest';
import { encodePasskeyText, parseEnrolment } from '../../../src/approval/statement/enrolment.ts';
import { makeWebPasskey } from '../../support/web-passkey.ts';
import { openServed, type Served } from '../served.ts';
import { call, enrolled, invite, madeFields, newPasskey, prepareMade } from './ceremonies.ts';
import { openLoggingIn } from './logging-in.ts';
import { browse, browseWith } from './visiting.ts';

/** More than any browser writes. */
const pad = 'x'.repeat(46_000);

async function passkeysOf({ scene }: Served, person: string) {
  return scene.service().passkeys(person);
}

describe('an invitation', () => {
  test('makes one passkey its person’s, and is used up', async () => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [secret, passkey] = [await invite(served, 'robin'), newPasskey(served)];
    const [made, another] = [
      await prepareMade(stranger, passkey, { secret }),
      await prepareMade(stranger, passkey, { secret, label: 'another' }),
    ];
    const fields = { secret, ...madeFields(passkey, made) };
    expect(await call(stranger, '/passkeys/new', fields)).toMatchObject({ status: 200 });
    const more = { spki: passkey.spki.toString('base64url'), credential: passkey.credential };
    for (const [path, sent] of [
      ['/passkeys/new/begin', {}],
      ['/passkeys/new/statement', more],
      ['/passkeys/new', fields],
      ['/passkeys/new', madeFields(passkey, another)],
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
        const made = await prepareMade(stranger, passkey, { secret });
        return { secret, ...madeFields(passkey, made) };
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

  test('enrols what this server prepared and nothing else, whatever a passkey of another page signs', async () => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [secret, passkey] = [await invite(served, 'robin'), newPasskey(served)];
    const { statement } = await prepareMade(stranger, passkey, { secret });
    const evil = makeWebPasskey({ rpId: 'evil.example', origin: 'https://evil.example' });
    const { publicKey, credential } = evil;
    const foreign = encodePasskeyText({
      ...parseEnrolment(statement),
      public: publicKey,
      credential,
      origin: 'https://evil.example',
    });
    for (const prepared of ['', 'x', foreign]) {
      const sent = { secret, ...madeFields(evil, { prepared, statement: foreign }) };
      const { json } = await call(stranger, '/passkeys/new', { ...sent, statement: foreign });
      expect.soft(json['code']).toBe('statement_forgotten');
    }
    expect(await passkeysOf(served, 'robin')).toEqual([]);
  });

  test('is not used by what another invitation was shown', async () => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [robins, kims] = [await invite(served, 'robin'), await invite(served, 'kim')];
    const passkey = newPasskey(served);
    const made = await prepareMade(stranger, passkey, { secret: robins });
    const sent = { secret: kims, ...madeFields(passkey, made) };
    expect((await call(stranger, '/passkeys/new', sent)).json['code']).toBe('invitation_refused');
    expect(await passkeysOf(served, 'robin')).toEqual([]);
    expect(await passkeysOf(served, 'kim')).toEqual([]);
  });

  test.each([
    ['control', 'x\u001b[31m'],
    ['turning', 'phone\u202e'],
    ['invisible', 'pho\u200bne'],
  ])('calls no passkey by %s characters', async (_, label) => {
    const served = await openServed();
    const { credential, spki } = newPasskey(served);
    const secret = await invite(served, 'robin');
    const fields = { secret, credential, spki: spki.toString('base64url'), label };
    const { json } = await call(browseWith(served, ''), '/passkeys/new/statement', fields);
    expect(json['code']).toBe('passkey_unfit');
  });

  test.each([
    ['by another key', {}, true],
    ['on another page', { origin: 'https://evil.example' }, false],
    ['without a fingerprint or PIN', { flags: 1 }, false],
  ])('does not enrol what was signed %s', async (_, lie, other) => {
    const served = await openServed();
    const stranger = browseWith(served, '');
    const [secret, passkey] = [await invite(served, 'robin'), newPasskey(served)];
    const made = await prepareMade(stranger, passkey, { secret });
    const signer = other ? newPasskey(served) : passkey;
    const sent = { secret, ...madeFields(signer, made, lie) };
    const { status } = await call(stranger, '/passkeys/new', sent);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(await passkeysOf(served, 'robin')).toEqual([]);
  });
});

describe('the account page', () => {
  test('sends nobody to a login for a passkey that did not sign', async () => {
    const served = await openLoggingIn();
    const robin = await browse(served, 'robin');
    const [passkey, other] = [newPasskey(served), newPasskey(served)];
    for (const [signer, lie] of [
      [other, {}],
      [passkey, { flags: 1 }],
      [passkey, { clientData: (text: string) => text.replace('}', `,"pad":"${pad}"}`) }],
    ] as const) {
      const sent = madeFields(signer, await prepareMade(robin, passkey, { secret: '' }), lie);
      const { status, json } = await call(robin, '/account/passkeys', sent);
      expect.soft([status >= 400, json['to']]).toEqual([true, undefined]);
    }
    const honest = madeFields(passkey, await prepareMade(robin, passkey, { secret: '' }));
    expect((await call(robin, '/account/passkeys', honest)).json['to']).toContain(served.at.issuer);
  });

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
    const made = madeFields(passkey, await prepareMade(robin, passkey, { secret: '' }));
    // There is nobody here to log in with.
    expect((await call(robin, '/account/passkeys', made)).json['code']).toBe('issuer_unknown');
    const again = madeFields(passkey, await prepareMade(robin, passkey, { secret: '' }));
    const other = await browse(served, 'kim');
    expect((await call(other, '/account/passkeys', again)).json['code']).toBe(
      'statement_forgotten',
    );
    const { text } = await robin.post('/account/passkeys', { label: 'no script' });
    expect(text).toContain('Nothing was done');
    expect(await passkeysOf(served, 'robin')).toEqual([]);
  });
});
