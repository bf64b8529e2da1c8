import { expect, test } from 'vitest';
import { loginNamespace, passkeyNamespace } from '../../src/approval/statement/enrolment.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { invitePasskey } from '../../src/engine/login/invite-passkey.ts';
import { listPasskeys } from '../../src/engine/login/list-passkeys.ts';
import { openLoginDesk } from '../../src/engine/login/open-login-desk.ts';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { verify } from '../audit/court.ts';
import { type CrashPoint, crashingStore, Stopped } from '../support/crashing-store.ts';
import { aDevice, page } from '../support/passkeys.ts';
import { openScene } from '../support/scene.ts';

/** What people know and keep while processes come and go. */
interface Kept {
  secret: string | null;
  statement: string | null;
}

/** Robin is invited, enrols a device, logs in with it and removes it: as far as a process comes, and on from there. */
async function enrolAndRemove(
  engine: Engine,
  device: ReturnType<typeof aDevice>,
  kept: Kept,
): Promise<void> {
  const desk = openLoginDesk(engine);
  kept.secret ??= (await invitePasskey(engine, 'robin', 3_600_000)).secret;
  const by = { secret: kept.secret };
  kept.statement ??= await desk.prepareEnrolment({ of: by, ...device.offered });
  const signed = device.sign(passkeyNamespace, kept.statement);
  const { passkey, removed_at } = await desk.enrol(signed, by);
  if (removed_at === null) {
    const prepared = desk.preparePasskeyLogin(page);
    const login = { prepared, signed: device.sign(loginNamespace, prepared) };
    const terms = { scopes: ['read'], label: 'web', expiresInMs: 3_600_000 } as const;
    await desk.signIn({ kind: 'passkey', ...login }, terms);
  }
  await removePasskey(engine, passkey, 'lost');
}

const points: readonly CrashPoint[] = [1, 2, 3, 4, 5].flatMap((commit) => [
  { commit, when: 'before' as const },
  { commit, when: 'after' as const },
]);

test.each(points)(
  'a crash $when commit $commit enrols no passkey twice, loses none, and leaves none of its sessions',
  async (point) => {
    const scene = openScene({ runbook: 'name: a\nsteps:\n  - { id: b, exec: "true" }\n' });
    const device = aDevice();
    const kept: Kept = { secret: null, statement: null };
    const dying = { ...scene.engine(), store: crashingStore(scene.openStore(), point) };
    await expect(enrolAndRemove(dying, device, kept)).rejects.toThrow(Stopped);
    await dying.store.close();

    await enrolAndRemove(scene.engine(), device, kept);
    const passkeys = await listPasskeys(scene.engine());
    expect(passkeys).toMatchObject([{ person: 'robin', public: device.publicKey }]);
    expect(passkeys[0]?.removed_at).not.toBeNull();
    const entries = await scene.engine().store.identityEntries(0);
    const types = entries.map((entry) => recordedOf(entry).event.type);
    for (const type of ['passkey.enrolled', 'passkey.removed']) {
      expect(types.filter((each) => each === type)).toHaveLength(1);
    }
    const tokens = await scene.engine().store.listTokens();
    expect(tokens.length).toBeGreaterThan(0);
    expect(tokens.every(({ revoked }) => revoked !== null)).toBe(true);
    expect((await verify(scene)).findings).toEqual([]);
  },
);
