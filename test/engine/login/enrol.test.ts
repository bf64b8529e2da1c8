import { beforeEach, describe, expect, test } from 'vitest';
import { passkeyNamespace } from '../../../src/approval/statement/enrolment.ts';
import { RunbookError } from '../../../src/base/errors.ts';
import { canonicalizeStrict } from '../../../src/base/jcs.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { ensureConfig } from '../../../src/engine/ensure-config.ts';
import { invitePasskey } from '../../../src/engine/login/invite-passkey.ts';
import { listPasskeys } from '../../../src/engine/login/list-passkeys.ts';
import type { LoginDesk } from '../../../src/engine/login/login-desk.ts';
import { openLoginDesk } from '../../../src/engine/login/open-login-desk.ts';
import { removePasskey } from '../../../src/engine/login/remove-passkey.ts';
import { issueToken } from '../../../src/engine/token/tokens.ts';
import { recordedOf } from '../../../src/run/recorded.ts';
import { verify } from '../../audit/court.ts';
import { client, idSigner, issuer, loginFor } from '../../support/id-token.ts';
import { aDevice, type Device, enrolled, page } from '../../support/passkeys.ts';
import { openScene, type Scene } from '../../support/scene.ts';

let scene: Scene;
let engine: Engine;
let desk: LoginDesk;
beforeEach(() => {
  scene = openScene({ runbook: 'name: hello\nsteps:\n  - { id: greet, exec: echo hello }\n' });
  engine = scene.engine();
  desk = openLoginDesk(engine);
});

const hourMs = 3_600_000;

async function codeOf(doing: Promise<unknown>): Promise<string> {
  return doing.then(
    () => 'done',
    (error: unknown) => (error instanceof RunbookError ? error.code : String(error)),
  );
}

async function types(): Promise<readonly string[]> {
  const { size } = await engine.store.head();
  return (await engine.store.entries(0, size)).map((entry) => recordedOf(entry).event.type);
}

async function passkeysOf(name: string): Promise<readonly string[]> {
  const { people } = (await ensureConfig(engine)).rules.people;
  const person = people.find((each) => each.name === name);
  return (person?.passkeys ?? []).map((passkey) => passkey.public);
}

async function begin(device: Device = aDevice(), person = 'robin') {
  const { secret } = await invitePasskey(engine, person, hourMs);
  const statement = await desk.prepareEnrolment({ of: { secret }, ...device.offered });
  return { device, secret, statement, signed: device.sign(passkeyNamespace, statement) };
}

describe('an invitation', () => {
  test('says whom it is for, and stores the hash of its secret alone', async () => {
    const { secret, page: running, ...invitation } = await invitePasskey(engine, 'robin', hourMs);
    expect(secret).toMatch(/^rbi_[\w-]{43}$/);
    expect(await desk.invitation(secret)).toEqual(invitation);
    expect(running).toBeNull();
    const entries = await engine.store.identityEntries(0);
    expect(entries.map(({ bytes }) => bytes.toString()).join()).not.toContain(secret);
  });

  test('answers for what is enrolled already to whoever holds its key, and to nobody else', async () => {
    const { device, secret, statement, signed } = await begin();
    const passkey = await desk.enrol(signed, { secret });
    expect(await desk.enrol(device.sign(passkeyNamespace, statement), { secret })).toEqual(passkey);
    for (const other of [
      aDevice().sign(passkeyNamespace, statement),
      device.sign(passkeyNamespace, statement, { flags: 0x01 }),
      device.sign('login@runbook/v1', statement),
      { statement, signature: '' },
    ]) {
      expect.soft(await codeOf(desk.enrol(other, { secret }))).not.toBe('done');
    }
  });

  test('lets one passkey be enrolled, and none after it', async () => {
    const { device, secret, signed } = await begin();
    expect(await desk.hasPasskeys(page)).toBe(false);
    const passkey = await desk.enrol(signed, { secret });
    expect(await desk.hasPasskeys(page)).toBe(true);
    expect(await desk.hasPasskeys('http://localhost:7878')).toBe(false);
    expect(passkey).toMatchObject({
      person: 'robin',
      label: 'phone',
      origin: page,
      public: device.publicKey,
      removed_at: null,
    });
    expect(await passkeysOf('robin')).toEqual([device.publicKey]);
    expect(await codeOf(desk.invitation(secret))).toBe('invitation_refused');
    const other = aDevice();
    const second = desk.prepareEnrolment({ of: { secret }, ...other.offered });
    expect(await codeOf(second)).toBe('invitation_refused');
  });

  test('is used once by two at a time, and the same enrolment twice is one', async () => {
    const { secret, signed } = await begin();
    const [one, other] = await Promise.all([
      desk.enrol(signed, { secret }),
      desk.enrol(signed, { secret }),
    ]);
    expect(other).toEqual(one);
    expect((await types()).filter((type) => type === 'passkey.enrolled')).toHaveLength(1);

    const rivals = await invitePasskey(engine, 'kim', hourMs);
    const enrolments = [aDevice(), aDevice()].map(async (device) => {
      const of = { secret: rivals.secret };
      const statement = await desk.prepareEnrolment({ of, ...device.offered });
      return device.sign(passkeyNamespace, statement);
    });
    const signedByBoth = await Promise.all(enrolments);
    const codes = await Promise.all(
      signedByBoth.map((each) => codeOf(desk.enrol(each, { secret: rivals.secret }))),
    );
    expect(codes.toSorted()).toEqual(['done', 'invitation_refused']);
    expect(await passkeysOf('kim')).toHaveLength(1);
  });

  test('is refused with one answer when it is unknown, expired, malformed or for somebody who left', async () => {
    const { secret, signed } = await begin();
    const { secret: kims } = await invitePasskey(engine, 'kim', hourMs);
    expect(await codeOf(desk.invitation(`rbi_${'A'.repeat(43)}`))).toBe('invitation_refused');
    expect(await codeOf(desk.invitation('rbi_'))).toBe('invitation_refused');
    expect(await codeOf(desk.enrol(signed, { secret: kims }))).toBe('invitation_refused');
    scene.trusted.people = scene.trusted.people.replace('name: robin', 'name: rob');
    expect(await codeOf(desk.enrol(signed, { secret }))).toBe('invitation_refused');
    scene.clock.shift(2 * hourMs);
    expect(await codeOf(desk.invitation(kims))).toBe('invitation_refused');
    expect(await types()).not.toContain('passkey.enrolled');
  });

  test("comes from the journal's own account, and there from no agent", async () => {
    const input = {
      scopes: ['read', 'decide', 'admin'] as const,
      label: null,
      expiresInMs: hourMs,
    };
    const { token } = await issueToken(engine, { ...input, holder: { kind: 'person', id: 'ana' } });
    const caller = { token, holder: { kind: 'person', id: 'ana' } } as const;
    expect(await codeOf(invitePasskey({ ...engine, caller }, 'ana', hourMs))).toBe(
      'scope_forbidden',
    );
    const agent = scene.engine(undefined, { agent: 'deploy-bot' });
    expect(await codeOf(invitePasskey(agent, 'ana', hourMs))).toBe('scope_forbidden');
    expect(await codeOf(invitePasskey(engine, 'nobody', hourMs))).toBe('person_unknown');
    expect(await codeOf(invitePasskey(engine, 'ana', 8 * 24 * hourMs))).toBe('expiry_invalid');
  });
});

describe('a passkey is enrolled only', () => {
  test('by its own signature, on its page, with its owner present and verified', async () => {
    const { device, secret, statement } = await begin();
    const signedWith = (how: Parameters<Device['sign']>[2]) =>
      codeOf(desk.enrol(device.sign(passkeyNamespace, statement, how), { secret }));
    expect(await signedWith({ flags: 0x01 })).toBe('passkey_unverified');
    expect(await signedWith({ flags: 0x04 })).toBe('passkey_unverified');
    expect(await signedWith({ origin: 'https://a.runbook.example.com' })).toBe('passkey_origin');
    const stranger = aDevice().sign(passkeyNamespace, statement);
    expect(await codeOf(desk.enrol(stranger, { secret }))).toBe('other_passkey');
    const decision = device.sign('approval@runbook/v1', statement);
    expect(await codeOf(desk.enrol(decision, { secret }))).toBe('E_APPROVAL_SIG');
  });

  test('soon after it was asked for', async () => {
    const { secret, signed } = await begin();
    scene.clock.shift(16 * 60_000);
    expect(await codeOf(desk.enrol(signed, { secret }))).toBe('enrolment_stale');
  });

  test('for a log that it was made for', async () => {
    const { device, secret, statement } = await begin();
    const change = (log: object): Promise<string> => {
      const said = JSON.parse(statement) as { log: object };
      const text = canonicalizeStrict({ ...said, log: { ...said.log, ...log } });
      return codeOf(desk.enrol(device.sign(passkeyNamespace, text), { secret }));
    };
    expect(await change({ origin: 'elsewhere' })).toBe('other_log');
    expect(await change({ root: Buffer.alloc(32).toString('base64') })).toBe('E_FORK');
    expect(await change({ size: 1 })).toBe('log_too_old');
    expect(await change({ size: 99 })).toBe('E_ROLLBACK');
  });

  test('to one person, once, also after it was removed', async () => {
    const { device, passkey } = await enrolled(engine, 'robin');
    await removePasskey(engine, passkey.passkey, 'lost');
    expect(await passkeysOf('robin')).toEqual([]);
    const { secret } = await invitePasskey(engine, 'kim', hourMs);
    const again = desk.prepareEnrolment({ of: { secret }, ...device.offered });
    expect(await codeOf(again)).toBe('passkey_known');
  });

  test('where the browser could use it', async () => {
    const { secret } = await invitePasskey(engine, 'kim', hourMs);
    const { offered } = aDevice();
    const offer = (more: Partial<Device['offered']>): Promise<string> =>
      codeOf(desk.prepareEnrolment({ of: { secret }, ...offered, ...more }));
    expect(await offer({ origin: 'https://evil.example.net' })).toBe('passkey_unfit');
    expect(await offer({ spki: Buffer.from('nonsense') })).toBe('passkey_unfit');
    expect(await offer({ credential: 'x' })).toBe('passkey_unfit');
    expect(await offer({ label: 'x'.repeat(101) })).toBe('passkey_unfit');
  });
});

describe('a removed passkey', () => {
  test('is listed as such, and removing it twice is once', async () => {
    const { passkey } = await enrolled(engine, 'robin');
    const removed = await removePasskey(engine, passkey.passkey.slice(0, 8), null);
    expect(await removePasskey(engine, passkey.passkey, 'again')).toEqual(removed);
    const { sessions_ended, ...listed } = removed;
    expect(sessions_ended).toBe(0);
    expect(await listPasskeys(engine, 'robin')).toEqual([listed]);
    expect(removed.removed_at).not.toBeNull();
    expect(await listPasskeys(engine, 'kim')).toEqual([]);
    expect((await types()).filter((type) => type === 'passkey.removed')).toHaveLength(1);
  });

  test('is removed through a server by its owner alone', async () => {
    const { passkey } = await enrolled(engine, 'robin');
    const asBearer = async (id: string, scope: 'decide' | 'start'): Promise<Engine> => {
      const holder = { kind: 'person', id } as const;
      const terms = { holder, scopes: ['read', scope] as const, label: null, expiresInMs: hourMs };
      const { token } = await issueToken(engine, terms);
      return { ...engine, caller: { token, holder } };
    };
    const id = passkey.passkey;
    expect(await codeOf(removePasskey(await asBearer('kim', 'decide'), id, null))).toBe(
      'scope_forbidden',
    );
    expect(await codeOf(removePasskey(await asBearer('robin', 'start'), id, null))).toBe(
      'scope_forbidden',
    );
    expect(await codeOf(removePasskey(await asBearer('robin', 'decide'), id, null))).toBe('done');
    expect(await codeOf(removePasskey(engine, 'zzzz', null))).toBe('passkey_unknown');
  });

  test('is removed by no agent', async () => {
    const { passkey } = await enrolled(engine, 'robin');
    const agent = scene.engine(undefined, { agent: 'deploy-bot' });
    expect(await codeOf(removePasskey(agent, passkey.passkey, null))).toBe('scope_forbidden');
  });
});

test("a passkey of somebody whom people.yaml no longer names is nobody's", async () => {
  await enrolled(engine, 'robin');
  scene.trusted.people = scene.trusted.people.replace('name: robin', 'name: rob');
  expect(await passkeysOf('rob')).toEqual([]);
});

test('another process believes the same of passkeys, from the entries alone', async () => {
  const { device } = await enrolled(engine, 'robin');
  await scene.restart();
  engine = scene.engine();
  expect(await passkeysOf('robin')).toEqual([device.publicKey]);
});

describe('a login', () => {
  test('says whose a passkey is, when it was for this very statement', async () => {
    scene.trusted.people += `  - { name: lee, oidc: ["${issuer}#lee"] }\n`;
    const signer = await idSigner('ES256');
    await desk.noteIssuerKeys({ issuer, client, keys: [signer.key] });
    const device = aDevice();
    const statement = await desk.prepareEnrolment({ of: { person: 'lee' }, ...device.offered });
    const signed = device.sign(passkeyNamespace, statement);
    const enrolBy = async (said: string, subject: string): Promise<string> =>
      codeOf(desk.enrol(signed, { login: await loginFor(signer, said, subject) }));
    expect(await enrolBy(statement, 'mallory')).toBe('identity_unknown');
    expect(await enrolBy(statement.replace('phone', 'other'), 'lee')).toBe('login_other_statement');
    expect(await enrolBy(statement, 'lee')).toBe('done');
    expect(await passkeysOf('lee')).toEqual([device.publicKey]);
    expect((await listPasskeys(engine, 'lee'))[0]?.enrolled_by).toBe(`login at ${issuer}`);
    expect((await verify(scene)).findings).toEqual([]);

    // What proved it then is not asked of today's people: the passkey stays when the account moves.
    scene.trusted.people = scene.trusted.people.replace(`${issuer}#lee`, `${issuer}#lee2`);
    await scene.restart();
    engine = scene.engine();
    expect(await passkeysOf('lee')).toEqual([device.publicKey]);
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('of somebody else is no way to their passkey', async () => {
    scene.trusted.people += `  - { name: lee, oidc: ["${issuer}#lee"] }\n`;
    const signer = await idSigner('ES256');
    await desk.noteIssuerKeys({ issuer, client, keys: [signer.key] });
    const device = aDevice();
    const statement = await desk.prepareEnrolment({ of: { person: 'robin' }, ...device.offered });
    const login = await loginFor(signer, statement, 'lee');
    const signed = device.sign(passkeyNamespace, statement);
    expect(await codeOf(desk.enrol(signed, { login }))).toBe('other_person');
  });
});
