import { describe, expect, test } from 'vitest';
import { passkeyNamespace } from '../../src/approval/statement/enrolment.ts';
import { approvalNamespace } from '../../src/approval/statement/statement.ts';
import type { TokenIssued } from '../../src/approval/token.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newNonce } from '../../src/base/ids.ts';
import { invitePasskey } from '../../src/engine/login/invite-passkey.ts';
import { openLoginDesk } from '../../src/engine/login/open-login-desk.ts';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import type { PasskeyEnrolled } from '../../src/run/enrolment-events.ts';
import type { Event } from '../../src/run/events.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { interruptedStore } from '../support/interrupted-store.ts';
import { aDevice, type Device, enrolled } from '../support/passkeys.ts';
import { driving, type Scene } from '../support/scene.ts';
import { type Court, decided, expectFinding, openCourt, say, started, verify } from './court.ts';

const hourMs = 3_600_000;

/** The device as something that signs decisions. */
function signerOf(device: Device, how?: Parameters<Device['sign']>[2]): ApproverSigner {
  return {
    publicKey: device.publicKey,
    sign: async (namespace, message) => device.sign(namespace, message.toString(), how).signature,
  };
}

async function decideWith(scene: Scene, device: Device, how?: Parameters<Device['sign']>[2]) {
  const signed = await forgeDecision(scene, signerOf(device, how), { person: 'robin' });
  return scene.service().decide(signed, 'web');
}

/** What an honest server would record for robin, but for the changes that a thief of the log's key makes. */
async function enrolment(
  { scene }: Court,
  changes: Partial<PasskeyEnrolled> = {},
  device = aDevice(),
): Promise<Extract<Event, { type: 'passkey.enrolled' }>> {
  const engine = scene.engine();
  const { secret, invite } = await invitePasskey(engine, 'robin', hourMs);
  const of = { secret };
  const statement = await openLoginDesk(engine).prepareEnrolment({ of, ...device.offered });
  const { credential, origin, label } = device.offered;
  return {
    type: 'passkey.enrolled',
    data: {
      passkey: '0123456789abcdef',
      person: 'robin',
      public: device.publicKey,
      credential,
      origin,
      label,
      ...device.sign(passkeyNamespace, statement),
      invite,
      login: null,
      ...changes,
    },
  };
}

/** Entries of no run, under the log's key. */
async function record({ scene }: Court, ...events: readonly Event[]): Promise<void> {
  const commandId = newNonce();
  await scene.engine().store.commit({ run: null, expectedVersion: null, commandId, events });
}

/** The journal's account is nobody's who starts runs. */
const kept = { account: 'runbook@web1' };

describe('an honest journal with passkeys', () => {
  test('is clean: enrolled, decided by, and removed', async () => {
    const { scene, run } = await openCourt(kept);
    const { device, passkey } = await enrolled(scene.engine(), 'robin');
    expect(await decideWith(scene, device)).toMatchObject({ person: 'robin', assurance: 'A3' });
    expect(await scene.service().drive(run, driving(scene))).toMatchObject({ exit_code: 0 });
    await removePasskey(scene.engine(), passkey.passkey, 'lost');
    await scene.service().initialise();
    expect(await verify(scene)).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('does not let a removed passkey count for a step that has not started', async () => {
    const { scene, run } = await openCourt(kept);
    const { device, passkey } = await enrolled(scene.engine(), 'robin');
    await decideWith(scene, device);
    await removePasskey(scene.engine(), passkey.passkey, null);
    const report = await scene.service().drive(run, driving(scene));
    expect(report.status).toBe('waiting');
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('takes no decision by a passkey that is removed in that very moment', async () => {
    const { scene } = await openCourt(kept);
    const { device, passkey } = await enrolled(scene.engine(), 'robin');
    const remove = () => removePasskey(scene.engine(), passkey.passkey, null);
    const store = interruptedStore(scene.engine().store, remove);
    const signed = await forgeDecision(scene, signerOf(device), { person: 'robin' });
    await expect(scene.service(store).decide(signed, 'web')).rejects.toMatchObject({
      code: 'key_unknown',
    });
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('starts nothing by one that is removed in that very moment', async () => {
    const { scene, run } = await openCourt(kept);
    const { device, passkey } = await enrolled(scene.engine(), 'robin');
    await decideWith(scene, device);
    const remove = () => removePasskey(scene.engine(), passkey.passkey, null);
    const store = interruptedStore(scene.engine().store, remove);
    const report = await scene.service(store).drive(run, driving(scene));
    expect(report.status).toBe('waiting');
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('takes no decision on another page, or from nobody in particular', async () => {
    const { scene } = await openCourt();
    const { device } = await enrolled(scene.engine(), 'robin');
    const elsewhere = { origin: 'https://a.runbook.example.com' };
    await expect(decideWith(scene, device, elsewhere)).rejects.toMatchObject({
      code: 'passkey_origin',
    });
    for (const flags of [0x00, 0x01, 0x04]) {
      await expect(decideWith(scene, device, { flags })).rejects.toMatchObject({
        code: 'passkey_unverified',
      });
    }
    await expect(decideWith(scene, aDevice())).rejects.toMatchObject({ code: 'key_unknown' });
  });
});

describe('an enrolment that nothing proves is found', () => {
  async function found(
    court: Court,
    change: (honest: PasskeyEnrolled) => Partial<PasskeyEnrolled>,
  ): Promise<void> {
    const event = await enrolment(court);
    const data = { ...event.data, ...change(event.data) };
    await record(court, { type: 'passkey.enrolled', data });
    await expectFinding(court.scene, 'E_PASSKEY', 'authorization');
  }

  test('without its invitation', async () => {
    await found(await openCourt(), () => ({ invite: '0000000000000000' }));
  });

  test('with neither an invitation nor a login, or with both', async () => {
    await found(await openCourt(), () => ({ invite: null }));
    const login = { issuer: 'https://login.example.com', client: 'runbook', token: 'x.y.z' };
    await found(await openCourt(), () => ({ login }));
    await found(await openCourt(), () => ({ login, invite: null }));
  });

  test('by an invitation for somebody else', async () => {
    const court = await openCourt();
    const { invite } = await invitePasskey(court.scene.engine(), 'kim', hourMs);
    await found(court, () => ({ invite }));
    await found(await openCourt(), () => ({ person: 'kim' }));
  });

  test('by one that was used before, or had expired', async () => {
    const court = await openCourt();
    const first = await enrolment(court);
    await record(court, first);
    expect((await verify(court.scene)).findings).toEqual([]);
    await found(court, () => ({ invite: first.data.invite }));

    const late = await openCourt();
    const event = await enrolment(late);
    late.scene.clock.shift(2 * hourMs);
    await record(late, event);
    await expectFinding(late.scene, 'E_PASSKEY', 'authorization');
  });

  test('of other content than what was signed', async () => {
    const other = aDevice();
    await found(await openCourt(), () => ({ public: other.publicKey }));
    await found(await openCourt(), () => ({ credential: other.offered.credential }));
    await found(await openCourt(), () => ({ origin: 'https://a.runbook.example.com' }));
    await found(await openCourt(), ({ statement }) => ({
      signature: other.sign(passkeyNamespace, statement).signature,
    }));
  });

  test('by an invitation that the API gave, or that holds for ever', async () => {
    for (const changes of [
      { by: 'token:0123456789abcdef' },
      { expires_at: '2999-01-01T00:00:00.000Z' },
    ]) {
      const court = await openCourt();
      const { data } = await enrolment(court);
      const invited = {
        invite: 'aaaaaaaaaaaaaaaa',
        hash: '0'.repeat(64),
        person: 'robin',
        expires_at: data.statement,
        by: 'os:ana@web1',
        ...changes,
      };
      await record(court, { type: 'passkey.invited', data: invited as never });
      await expectFinding(court.scene, 'E_PASSKEY', 'authorization');
    }
  });

  test('and then counts for nobody, here and at the audit', async () => {
    const court = await openCourt();
    const device = aDevice();
    await record(court, await enrolment(court, { invite: '0000000000000000' }, device));
    await expect(decideWith(court.scene, device)).rejects.toMatchObject({ code: 'key_unknown' });
    const signed = await forgeDecision(court.scene, signerOf(device), { person: 'robin' });
    await say(
      court,
      decided(court, signed, { presence: true, verified: true }),
      await started(court),
    );
    const { findings } = await verify(court.scene);
    expect(findings.map(({ code }) => code)).toEqual(['E_PASSKEY', 'E_APPROVAL', 'E_QUORUM']);
  });
});

describe('a decision by a passkey is found', () => {
  const claimed = { presence: true, verified: true } as const;

  test('before it was enrolled', async () => {
    const court = await openCourt();
    const device = aDevice();
    const signed = await forgeDecision(court.scene, signerOf(device), { person: 'robin' });
    await say(court, decided(court, signed, claimed));
    await enrolled(court.scene.engine(), 'robin', device);
    await expectFinding(court.scene, 'E_APPROVAL', 'authorization');
  });

  test('after it was removed', async () => {
    const court = await openCourt();
    const { device, passkey } = await enrolled(court.scene.engine(), 'robin');
    await removePasskey(court.scene.engine(), passkey.passkey, null);
    const signed = await forgeDecision(court.scene, signerOf(device), { person: 'robin' });
    await say(court, decided(court, signed, claimed));
    await expectFinding(court.scene, 'E_APPROVAL', 'authorization');
  });

  test('on another page, or without its owner verified', async () => {
    for (const how of [{ origin: 'https://a.runbook.example.com' }, { flags: 0x01 }]) {
      const court = await openCourt();
      const { device } = await enrolled(court.scene.engine(), 'robin');
      const signed = await forgeDecision(court.scene, signerOf(device, how), { person: 'robin' });
      await say(court, decided(court, signed, claimed));
      await expectFinding(court.scene, 'E_APPROVAL', 'authorization');
    }
  });

  test('as another kind of statement', async () => {
    const court = await openCourt();
    const { device } = await enrolled(court.scene.engine(), 'robin');
    const signed = await forgeDecision(court.scene, signerOf(device), { person: 'robin' });
    const login = device.sign('login@runbook/v1', signed.statement);
    await say(court, decided(court, login, claimed));
    await expectFinding(court.scene, 'E_APPROVAL_SIG', 'authorization');
    expect(approvalNamespace).not.toBe('login@runbook/v1');
  });
});

test('a removal that somebody else asked for is found, and takes effect all the same', async () => {
  const court = await openCourt();
  const { device, passkey } = await enrolled(court.scene.engine(), 'robin');
  const data = {
    passkey: passkey.passkey,
    person: 'robin',
    reason: null,
    by: 'token:0123456789abcdef',
  };
  await record(court, { type: 'passkey.removed', data });
  await expectFinding(court.scene, 'E_TOKEN', 'authorization');
  await expect(decideWith(court.scene, device)).rejects.toMatchObject({ code: 'key_unknown' });
});

describe('a session is found that its login does not give', () => {
  const holder = { kind: 'person', id: 'robin' } as const;
  const issued: TokenIssued = {
    token: 'aaaaaaaaaaaaaaaa',
    hash: sha256('secret'),
    holder,
    scopes: ['read', 'decide'],
    label: 'web',
    expires_at: '2999-01-01T00:00:00.000Z',
    by: 'passkey:0123456789abcdef',
  };

  async function found(court: Court, changes: Partial<TokenIssued>): Promise<void> {
    await record(court, { type: 'token.issued', data: { ...issued, ...changes } });
    await expectFinding(court.scene, 'E_TOKEN', 'authorization');
  }

  test("by nobody's passkey, a removed one, or somebody else's", async () => {
    await found(await openCourt(), {});
    const court = await openCourt();
    const { passkey } = await enrolled(court.scene.engine(), 'robin');
    const by = `passkey:${passkey.passkey}`;
    await record(court, {
      type: 'token.issued',
      data: { ...issued, token: 'b'.repeat(16), hash: sha256('other'), by },
    });
    expect((await verify(court.scene)).findings).toEqual([]);
    await found(court, { by, holder: { kind: 'person', id: 'kim' } });
    const removed = await openCourt();
    const lost = await enrolled(removed.scene.engine(), 'robin');
    await removePasskey(removed.scene.engine(), lost.passkey.passkey, null);
    await found(removed, { by: `passkey:${lost.passkey.passkey}` });
  });

  test('by an account of nobody, or with more than a login gives', async () => {
    await found(await openCourt(), { by: 'oidc:https://login.example.com#robin' });
    const court = await openCourt();
    const { passkey } = await enrolled(court.scene.engine(), 'robin');
    await found(court, { by: `passkey:${passkey.passkey}`, scopes: ['read', 'admin'] });
  });
});
