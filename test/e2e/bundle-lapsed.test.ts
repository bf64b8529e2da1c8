import { describe, expect } from 'vitest';
import { approvalNamespace, type SignedStatement } from '../../src/approval/statement/statement.ts';
import type { FindingCode } from '../../src/audit/finding.ts';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import type { Decided } from '../../src/run/events.ts';
import { aKey, forgeDecision } from '../attacks/forge.ts';
import { type Court, decided, finished, openCourt, say, started } from '../audit/court.ts';
import { check, python } from '../support/auditor.ts';
import { openLoginScene } from '../support/by-login.ts';
import { codesOf, exporting } from '../support/evidence.ts';
import { testWith } from '../support/foreign.ts';
import { loginFor } from '../support/id-token.ts';
import { enrolled } from '../support/passkeys.ts';

/** What the bundle of a run amounts to in which the step started upon this, whatever an engine would have said. */
async function startedUpon(court: Court): Promise<{
  readonly exitCode: number;
  readonly said: string;
  readonly codes: readonly string[];
}> {
  await say(court, await started(court), finished());
  const { bundle } = await exporting(court.scene, { run: court.run });
  return { ...check(bundle), codes: await codesOf(bundle) };
}

async function expectRefused(court: Court, code: FindingCode): Promise<void> {
  const { exitCode, said, codes } = await startedUpon(court);
  expect(said).toMatch(/entry \d+: nobody else approved it/);
  expect(exitCode).toBe(1);
  expect(codes).toContain(code);
}

async function expectHeld(court: Court): Promise<void> {
  const { exitCode, said, codes } = await startedUpon(court);
  expect({ exitCode, said }).toEqual({ exitCode: 0, said });
  expect(codes.filter((code) => code.startsWith('E_'))).toEqual([]);
}

/** The trusted file says something else from now on. */
async function rewritePeople({ scene }: Court, from: string, to: string): Promise<void> {
  expect(scene.trusted.people).toContain(from);
  scene.trusted.people = scene.trusted.people.replace(from, to);
  await scene.service().initialise();
}

/** Robin's passkey approves. */
async function byPasskey(): Promise<{ readonly court: Court; readonly passkey: string }> {
  const court = await openCourt();
  const { scene } = court;
  const { device, passkey } = await enrolled(scene.engine(), 'robin');
  const { statement } = await forgeDecision(scene, aKey(), { person: 'robin' });
  const signed = device.sign(approvalNamespace, statement);
  await say(court, decided(court, signed, { presence: true, verified: true, channel: 'web' }));
  return { court, passkey: passkey.passkey };
}

/** Robin logs in anew to approve, where a slot asks for `demanded`. */
async function byLogin(
  demanded: 'A2' | 'A3',
  changes: Partial<Decided> = {},
): Promise<{ readonly court: Court }> {
  const scene = await openLoginScene({ policy: `floor: { assurance: ${demanded} }\n` });
  const { run } = await scene.exec();
  const court = { scene, run, content: (await scene.open()).content };
  const { statement } = await forgeDecision(scene, aKey(), { person: 'robin' });
  const login = await loginFor(scene.signer, statement, 'robin');
  const entry = { assurance: 'A2', channel: 'web', signature: null, login, ...changes } as const;
  await say(court, decided(court, { statement, signature: '' }, entry));
  return { court };
}

describe('verify.py starts nothing upon', () => {
  testWith([python], 'a passkey that was removed since', async () => {
    await expectHeld((await byPasskey()).court);
    const { court, passkey } = await byPasskey();
    await removePasskey(court.scene.engine(), passkey, 'stolen');
    await expectRefused(court, 'E_QUORUM');
  });

  testWith([python], 'an account that is theirs no longer', async () => {
    await expectHeld((await byLogin('A2')).court);
    const { court } = await byLogin('A2');
    await rewritePeople(court, '#robin"', '#rob"');
    await expectRefused(court, 'E_QUORUM');
  });

  testWith([python], 'a key that `people.yaml` no longer gives them', async () => {
    const court = await openCourt();
    const { robin } = court.scene.people;
    await say(
      court,
      decided(court, await forgeDecision(court.scene, robin.signer, { person: 'robin' })),
    );
    await rewritePeople(court, robin.signer.publicKey, aKey().publicKey);
    await expectRefused(court, 'E_QUORUM');
  });

  testWith(
    [python],
    'a login where a signature is asked for, whatever its entry says',
    async () => {
      await expectRefused((await byLogin('A3')).court, 'E_QUORUM');
      const { said, codes } = await startedUpon((await byLogin('A3', { assurance: 'A3' })).court);
      expect(said).toMatch(/entry \d+: .*the entry says other than what it rests on/);
      expect(codes).toContain('E_ASSURANCE');
    },
  );

  testWith([python], 'an approval that was signed before they revoked', async () => {
    const court = await openCourt();
    const { scene } = court;
    const robin = (changes: object): Promise<SignedStatement> =>
      forgeDecision(scene, scene.people.robin.signer, { person: 'robin', ...changes });
    const kept = await robin({});
    await say(court, decided(court, await robin({})));
    await say(court, decided(court, await robin({ decision: 'revoke' })));
    await say(court, decided(court, kept));
    await expectRefused(court, 'E_QUORUM');
  });
});

testWith(
  [python],
  'verify.py holds a quorum that was missed, and says that it counted none',
  async () => {
    const court = await openCourt({
      policy:
        'rules: [{ name: two, require: { approvals: [{ id: peers, count: 2, from: ["*"] }] } }]',
    });
    const { robin } = court.scene.people;
    await say(
      court,
      decided(court, await forgeDecision(court.scene, robin.signer, { person: 'robin' })),
    );
    const { exitCode, said, codes } = await startedUpon(court);
    expect(exitCode).toBe(0);
    expect(said).toMatch(
      /^NOT CHECKED: .*quorums, who may fill a slot, invite, settle, review, rules/m,
    );
    expect(codes).toContain('E_QUORUM');
  },
);
