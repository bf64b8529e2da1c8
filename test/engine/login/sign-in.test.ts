import { beforeEach, describe, expect, test } from 'vitest';
import { loginNamespace } from '../../../src/approval/statement/enrolment.ts';
import { RunbookError } from '../../../src/base/errors.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import type { LoginDesk, Session, SessionTerms } from '../../../src/engine/login/login-desk.ts';
import { openLoginDesk } from '../../../src/engine/login/open-login-desk.ts';
import { removePasskey } from '../../../src/engine/login/remove-passkey.ts';
import { authenticate, listTokens, revokeToken } from '../../../src/engine/token/tokens.ts';
import { recordedOf } from '../../../src/run/recorded.ts';
import { verify } from '../../audit/court.ts';
import { client, idSigner, issuer } from '../../support/id-token.ts';
import { interruptedStore } from '../../support/interrupted-store.ts';
import { aDevice, type Device, enrolled, page } from '../../support/passkeys.ts';
import { openScene, type Scene } from '../../support/scene.ts';

let scene: Scene;
let engine: Engine;
let desk: LoginDesk;
beforeEach(() => {
  scene = openScene({
    runbook: 'name: hello\nsteps:\n  - { id: greet, exec: echo hello }\n',
    morePeople: `  - { name: lee, oidc: ["${issuer}#lee"] }\n`,
  });
  engine = scene.engine();
  desk = openLoginDesk(engine);
});

const web: SessionTerms = {
  scopes: ['read', 'decide'],
  label: 'web',
  expiresInMs: 12 * 3_600_000,
};

async function codeOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => (error instanceof RunbookError ? error.code : String(error)),
  );
}

describe('whoever an issuer knows', () => {
  test('gets a session of their own, issued by that login', async () => {
    const session = await desk.signIn({ kind: 'oidc', issuer, subject: 'lee' }, web);
    expect(session).toMatchObject({
      person: 'lee',
      holder: { kind: 'person', id: 'lee' },
      scopes: ['read', 'decide'],
      label: 'web',
      issued_by: `oidc:${issuer}#lee`,
    });
    expect((await authenticate(engine, session.secret)).caller).toEqual({
      token: session.token,
      holder: { kind: 'person', id: 'lee' },
    });
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test.each([
    ['mallory', `'${issuer}#mallory'`],
    ["x';$(id)", `'${issuer}#x'\\'';$(id)'`],
  ])('and is nobody here is told what an administrator types: %s', async (subject, word) => {
    const shown = { kind: 'oidc', issuer, subject } as const;
    await expect(desk.signIn(shown, web)).rejects.toMatchObject({
      code: 'identity_unknown',
      exitCode: 4,
      hint: `runbook people add NAME --oidc ${word}`,
    });
  });

  test('is given no more than a login gives', async () => {
    const shown = { kind: 'oidc', issuer, subject: 'lee' } as const;
    const admin = { ...web, scopes: ['read', 'admin'] as const };
    expect(await codeOf(desk.signIn(shown, admin))).toBe('scope_forbidden');
    expect(await listTokens(engine)).toEqual([]);
  });
});

describe('a passkey', () => {
  async function login(
    device: Device,
    how: Parameters<Device['sign']>[2] = {},
    namespace = loginNamespace,
  ): Promise<string> {
    const prepared = desk.preparePasskeyLogin(how.origin ?? page);
    const signed = device.sign(namespace, prepared, how);
    return codeOf(desk.signIn({ kind: 'passkey', prepared, signed }, web));
  }

  async function enter(device: Device): Promise<Session> {
    const prepared = desk.preparePasskeyLogin(page);
    const signed = device.sign(loginNamespace, prepared);
    return desk.signIn({ kind: 'passkey', prepared, signed }, web);
  }

  test('opens a session of its owner', async () => {
    const { device, passkey } = await enrolled(engine, 'robin');
    const prepared = desk.preparePasskeyLogin(page);
    const signed = device.sign(loginNamespace, prepared);
    const session = await desk.signIn({ kind: 'passkey', prepared, signed }, web);
    expect(session).toMatchObject({ person: 'robin', issued_by: `passkey:${passkey.passkey}` });
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
    expect(await codeOf(desk.signIn({ kind: 'passkey', prepared, signed }, web))).toBe(
      'login_refused',
    );
    expect(await listTokens(engine)).toHaveLength(1);
  });

  test("opens none once it is removed, its owner is gone, or it is nobody's", async () => {
    const { device, passkey } = await enrolled(engine, 'robin');
    expect(await login(device)).toBe('done');
    expect(await login(aDevice())).toBe('login_refused');
    await removePasskey(engine, passkey.passkey, null);
    expect(await login(device)).toBe('login_refused');
    const other = await enrolled(engine, 'kim');
    scene.trusted.people = scene.trusted.people.replace('name: kim', 'name: kit');
    expect(await login(other.device)).toBe('login_refused');
  });

  test('takes every session that it opened along, and no other', async () => {
    const [lost, kept] = [await enrolled(engine, 'robin'), await enrolled(engine, 'robin')];
    const sessions = [await enter(lost.device), await enter(lost.device)];
    const other = await enter(kept.device);
    await revokeToken(engine, sessions[0]?.token ?? '');
    const { size } = await engine.store.head();
    const removed = await removePasskey(engine, lost.passkey.passkey, 'lost');
    expect(removed.sessions_ended).toBe(1);
    // One commit: one head over both.
    expect(await engine.store.headAt(size + 1)).toBeNull();
    const entries = (await engine.store.entries(size, size + 3)).map(recordedOf);
    expect(entries.map(({ event }) => event)).toMatchObject([
      { type: 'passkey.removed' },
      { type: 'token.revoked', data: { token: sessions[1]?.token } },
    ]);
    for (const { secret } of sessions) {
      expect(await codeOf(authenticate(engine, secret))).toBe('token_revoked');
    }
    expect(await codeOf(authenticate(engine, other.secret))).toBe('done');
    expect(await removePasskey(engine, lost.passkey.passkey, null)).toMatchObject({
      sessions_ended: 0,
    });
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('takes along the session that it opened in the very moment it was removed', async () => {
    const { device, passkey } = await enrolled(engine, 'robin');
    const secrets: string[] = [];
    const thief = async () => secrets.push((await enter(device)).secret);
    const isRemoval: Parameters<typeof interruptedStore>[2] = ({ events }) =>
      events[0]?.type === 'passkey.removed';
    const store = interruptedStore(engine.store, thief, isRemoval);
    const removed = await removePasskey({ ...engine, store }, passkey.passkey, 'stolen');
    expect(removed.sessions_ended).toBe(1);
    expect(await codeOf(authenticate(engine, secrets[0] ?? ''))).toBe('token_revoked');
  });

  test('removed by its owner ends the session that they do it in', async () => {
    const { device, passkey } = await enrolled(engine, 'robin');
    const { token, holder, secret } = await enter(device);
    const own = { ...engine, caller: { token, holder } };
    expect(await removePasskey(own, passkey.passkey, null)).toMatchObject({ sessions_ended: 1 });
    expect(await codeOf(authenticate(engine, secret))).toBe('token_revoked');
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('opens none on another page, unverified, for another purpose or another text', async () => {
    const { device } = await enrolled(engine, 'robin');
    expect(await login(device, { origin: 'https://a.runbook.example.com' })).toBe('login_refused');
    expect(await login(device, { flags: 0x01 })).toBe('login_refused');
    expect(await login(device, {}, 'approval@runbook/v1')).toBe('login_refused');
    const prepared = desk.preparePasskeyLogin(page);
    const signed = device.sign(loginNamespace, desk.preparePasskeyLogin(page));
    expect(await codeOf(desk.signIn({ kind: 'passkey', prepared, signed }, web))).toBe(
      'login_refused',
    );
  });

  test('opens none later than five minutes after, nor of another journal', async () => {
    const { device } = await enrolled(engine, 'robin');
    const late = desk.preparePasskeyLogin(page);
    scene.clock.shift(6 * 60_000);
    const signIn = (prepared: string): Promise<string> => {
      const signed = device.sign(loginNamespace, prepared);
      return codeOf(desk.signIn({ kind: 'passkey', prepared, signed }, web));
    };
    expect(await signIn(late)).toBe('login_refused');
    const other = openScene({ runbook: 'name: a\nsteps:\n  - { id: b, exec: "true" }\n' });
    const foreign = openLoginDesk(other.engine()).preparePasskeyLogin(page);
    expect(await signIn(foreign)).toBe('login_refused');
  });
});

describe("an issuer's keys", () => {
  async function named(): Promise<readonly unknown[]> {
    const stored = await engine.store.identityEntries(0);
    return stored
      .map((entry) => recordedOf(entry).event)
      .flatMap((event) => (event.type === 'issuer.keys' ? [event.data.keys] : []));
  }

  test('are recorded once each, whoever fetches them', async () => {
    const [first, second] = [await idSigner('ES256'), await idSigner('RS256', { kid: 'second' })];
    const note = (...keys: (typeof first.key)[]) => desk.noteIssuerKeys({ issuer, client, keys });
    await Promise.all([note(first.key), note(first.key)]);
    await note(first.key, second.key);
    await note(second.key, first.key);
    expect(await named()).toEqual([[first.key], [second.key]]);
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('are no nonsense', async () => {
    const { key } = await idSigner('ES256');
    const weak = { kty: 'RSA', kid: null, n: 'AQAB', e: 'AQAB' } as const;
    for (const odd of [
      { issuer: 'https://login.example.com#x', client, keys: [key] },
      { issuer, client: '', keys: [key] },
      { issuer, client, keys: [weak] },
      { issuer, client, keys: [] },
    ]) {
      expect(await codeOf(desk.noteIssuerKeys(odd))).toBe('issuer_keys_unfit');
    }
    expect(await named()).toEqual([]);
  });
});
