import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { loginNamespace } from '../../src/approval/statement/enrolment.ts';
import { forgeDecision } from '../attacks/forge.ts';
import { type Device, enrolled, page } from '../support/passkeys.ts';
import { driving, type Scene } from '../support/scene.ts';
import { type Court, heard, openCourt, openServedCourt, say, verify } from './court.ts';

const host = hostname();

/** Robin's device, invited from this account. */
async function invitedBy(scene: Scene, account: string) {
  const caller = { osUser: account };
  return enrolled({ ...scene.engine(), caller, account }, 'robin');
}

async function decide(
  { scene }: Court,
  device: Device,
  how: { readonly decision?: 'reject'; readonly reason?: string } = {},
): Promise<void> {
  const signer = {
    publicKey: device.publicKey,
    sign: async (namespace: string, message: Buffer) =>
      device.sign(namespace, message.toString()).signature,
  };
  const signed = await forgeDecision(scene, signer, { person: 'robin', ...how });
  await scene.service().decide(signed, 'web');
}

/** What is said of an honest-looking journal, in which nothing is wrong otherwise. */
async function said({ scene }: Court): Promise<readonly string[]> {
  const { findings, exit_code } = await verify(scene);
  expect(exit_code).toBe(0);
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

describe('whoever could have opened an invitation themself', () => {
  test('and started the run that it approved is named, and nothing else changes', async () => {
    const court = await openCourt();
    const { device, passkey } = await invitedBy(court.scene, `ana@${host}`);
    await decide(court, device);
    await court.scene.service().drive(court.run, driving(court.scene));
    const made = `robin decided by passkey ${passkey.passkey}, whose invitation \`os:ana@${host}\` (ana) made`;
    expect(await said(court)).toEqual([
      `W_INVITER: ${made}, who stands behind the run as \`os:ana@${host}\``,
    ]);
  });

  test('is known by whose the account is by then, and not only by its name', async () => {
    const court = await openCourt();
    const { trusted } = court.scene;
    const { device } = await invitedBy(court.scene, 'ops@elsewhere');
    trusted.people = trusted.people.replace(`[ana@${host}]`, `[ana@${host}, ops@elsewhere]`);
    await decide(court, device);
    expect(await said(court)).toEqual([
      expect.stringMatching(/^W_INVITER: .*`os:ops@elsewhere` \(ana\) made/),
    ]);
  });

  test('and took on the run that it had approved is named then', async () => {
    const court = await openCourt({ runbook: twice });
    const { scene, run } = court;
    const { device } = await invitedBy(scene, 'lee@web1');
    await decide(court, device);
    expect(await said(court)).toEqual([]);
    scene.trusted.people += '  - { name: lee, os_users: [lee@web1] }\n';
    await scene.service(undefined, { osUser: 'lee@web1' }).resume({ run, given: {} });
    expect(await said(court)).toEqual([
      expect.stringMatching(
        /^W_INVITER: .*\(lee\) made, who stands behind the run as `os:lee@web1`/,
      ),
    ]);
  });

  test('is named also where the passkey opened the session that approved', async () => {
    const court = await openServedCourt();
    const { scene } = court;
    const { device, desk } = await invitedBy(scene, `ana@${host}`);
    const prepared = desk.preparePasskeyLogin(page);
    const signed = device.sign(loginNamespace, prepared);
    const terms = { scopes: ['read', 'decide'], label: 'web', expiresInMs: 3_600_000 } as const;
    const { token } = await desk.signIn({ kind: 'passkey', prepared, signed }, terms);
    await say(court, await heard(court, { channel: 'web', word: { identity: `token:${token}` } }));
    expect(await said(court)).toEqual([expect.stringMatching(/^W_INVITER: robin decided by/)]);
  });
});

describe('nothing is said', () => {
  test('of an invitation by an account of its own, or by somebody else', async () => {
    for (const account of ['runbook@web1', 'kim@web1']) {
      const court = await openCourt();
      const { trusted } = court.scene;
      trusted.people = trusted.people.replace('name: kim,', 'name: kim, os_users: [kim@web1],');
      await decide(court, (await invitedBy(court.scene, account)).device);
      expect(await said(court)).toEqual([]);
    }
  });

  test('of a no', async () => {
    const court = await openCourt();
    const { device } = await invitedBy(court.scene, `ana@${host}`);
    await decide(court, device, { decision: 'reject', reason: 'not now' });
    expect(await said(court)).toEqual([]);
  });
});

const twice = `
name: twice
steps:
  - { id: first, privileged: true, run: "true" }
  - { id: second, privileged: true, run: "true" }
`;
