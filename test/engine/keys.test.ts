import { beforeEach, describe, expect, test } from 'vitest';
import { keyNamespace, parseKeyStatement } from '../../src/approval/statement/key-statement.ts';
import { examineKeys } from '../../src/engine/key/examine-keys.ts';
import type { KeyChange, Service } from '../../src/engine/service.ts';
import { proveToken } from '../../src/engine/token/prove-token.ts';
import type { ApproverSigner } from '../../src/signers/signer.ts';
import { gated, receiptsOf, verify } from '../audit/court.ts';
import { aRecoveryKey } from '../support/keys.ts';
import { openScene, type Scene } from '../support/scene.ts';

let scene: Scene;
let door: Service;
let recovery: ApproverSigner;
beforeEach(() => {
  scene = openScene({ runbook: gated });
  door = scene.service();
  recovery = aRecoveryKey();
});

const rotation = { act: 'rotate', reason: 'rotation', since: null } as const;

/** Prepares a change, has all of these sign it, and records it. */
async function change(wanted: KeyChange, ...signers: ApproverSigner[]) {
  const { statement } = await door.prepareKeyChange(wanted);
  const signatures = await Promise.all(
    signers.map((signer) => signer.sign(keyNamespace, Buffer.from(statement))),
  );
  return door.recordKeyChange({ statement, signatures });
}

const name = (signer: ApproverSigner, ...signers: ApproverSigner[]) =>
  change({ act: 'recovery', public: signer.publicKey }, signer, ...signers);

describe('what is to be signed', () => {
  test('names the head of the journal, its key and the next, and who has to sign', async () => {
    await name(recovery);
    const { origin, keys } = await door.keys();
    const { statement, signers } = await door.prepareKeyChange(rotation);
    expect(signers).toEqual([recovery.publicKey]);
    const { size, root } = await scene.engine().store.head();
    expect(parseKeyStatement(statement)).toMatchObject({
      act: 'rotate',
      from: keys[0]?.verifier_key,
      log: { origin, size, root: root.toString('base64') },
    });
    expect(await door.keys()).toMatchObject({ keys: [{ to: null }] });
  });

  test('for another recovery key has to be signed by both', async () => {
    await name(recovery);
    const next = aRecoveryKey();
    const { signers } = await door.prepareKeyChange({ act: 'recovery', public: next.publicKey });
    expect(signers).toEqual([next.publicKey, recovery.publicKey]);
    await expect(name(next)).rejects.toMatchObject({ code: 'key_unsigned', exitCode: 2 });
    expect(await name(next, recovery)).toMatchObject({ recovery: { public: next.publicKey } });
  });

  test.each<readonly [string, KeyChange]>([
    ['key_weak', { act: 'recovery', public: `ssh-ed25519 ${weakBlob()}` }],
    ['key_unreadable', { act: 'recovery', public: 'ssh-dss AAAA' }],
    ['recovery_missing', rotation],
  ])('is nothing where it could not hold: %s', async (code, wanted) => {
    await expect(door.prepareKeyChange(wanted)).rejects.toMatchObject({ code, exitCode: 2 });
  });
});

describe('a change of keys', () => {
  test('of an agent is refused, whatever it signs with', async () => {
    await name(recovery);
    const { statement } = await door.prepareKeyChange(rotation);
    const signature = await recovery.sign(keyNamespace, Buffer.from(statement));
    const agents = scene.service(undefined, { agent: 'deploy-bot' });
    const refused = { code: 'agent_decides', exitCode: 13 };
    await expect(agents.prepareKeyChange(rotation)).rejects.toMatchObject(refused);
    await expect(
      agents.recordKeyChange({ statement, signatures: [signature] }),
    ).rejects.toMatchObject(refused);
  });

  test('that was signed for something else is refused', async () => {
    await name(recovery);
    const { statement } = await door.prepareKeyChange(rotation);
    const signature = await recovery.sign('approval@runbook/v1', Buffer.from(statement));
    await expect(
      door.recordKeyChange({ statement, signatures: [signature] }),
    ).rejects.toMatchObject({ code: 'E_KEY_ROTATION', exitCode: 14 });
  });

  test('of which another was recorded meanwhile is refused', async () => {
    await name(recovery);
    const { statement } = await door.prepareKeyChange(rotation);
    await change(rotation, recovery);
    const signature = await recovery.sign(keyNamespace, Buffer.from(statement));
    await expect(
      door.recordKeyChange({ statement, signatures: [signature] }),
    ).rejects.toMatchObject({ code: 'E_KEY_ROTATION' });
  });

  test('handed in twice is recorded once', async () => {
    await name(recovery);
    const { statement } = await door.prepareKeyChange(rotation);
    const signatures = [await recovery.sign(keyNamespace, Buffer.from(statement))];
    const first = await door.recordKeyChange({ statement, signatures });
    expect(await door.recordKeyChange({ statement, signatures })).toEqual(first);
  });
});

describe('a run', () => {
  test('that was asked for before a rotation and approved after it goes on', async () => {
    await name(recovery);
    const { run } = await scene.exec();
    await change(rotation, recovery);
    await scene.decide(scene.people.robin, 'approve');
    await change(rotation, recovery);
    expect((await scene.resume(run)).status).toBe('succeeded');
    const report = await verify(scene, { receipts: receiptsOf(scene, 'robin'), pins: true });
    expect(report).toMatchObject({ findings: [], exit_code: 0 });
  });

  test('whose approver signed for a head from before a rotation goes on as well', async () => {
    await name(recovery);
    const { run } = await scene.exec();
    const { robin } = scene.people;
    const proven = await robin.approver.read((seen) => door.review(null, seen));
    const signed = await robin.approver.decide(proven, robin.signer, {
      decision: 'approve',
      reason: null,
    });
    await change(rotation, recovery);
    await door.decide(signed.signed, 'offline');
    expect((await scene.resume(run)).status).toBe('succeeded');
    expect(await verify(scene)).toMatchObject({ findings: [] });
  });
});

test('a token from before a rotation still opens, and one from after it too', async () => {
  await name(recovery);
  const issue = () =>
    door.issueToken({
      holder: { kind: 'person', id: 'ana' },
      scopes: ['read'],
      label: null,
      expiresInMs: 3_600_000,
    });
  const before = await issue();
  await change(rotation, recovery);
  const after = await issue();
  const { store } = scene.engine();
  const opened = await Promise.all((await store.listTokens()).map((row) => proveToken(store, row)));
  expect(opened.map(({ token }) => token).sort()).toEqual([before.token, after.token].sort());
});

test('doctor says which key could take the place of the present one, or that none could', async () => {
  const [none] = await examineKeys(scene.engine());
  expect(none?.ok).toBe(true);
  expect(none).toMatchObject({ ok: true, hint: expect.stringContaining('replaced') as unknown });
  await name(recovery);
  const [named] = await examineKeys(scene.engine());
  expect(named?.message).toMatch(/^SHA256:\S+ can replace the journal's key `[0-9a-f]{8}`$/);
});

/** The wire form of an Ed25519 key of low order. */
function weakBlob(): string {
  const type = Buffer.from('ssh-ed25519');
  const length = (bytes: Buffer): Buffer => {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(bytes.length);
    return Buffer.concat([prefix, bytes]);
  };
  return Buffer.concat([length(type), length(Buffer.alloc(32))]).toString('base64');
}
