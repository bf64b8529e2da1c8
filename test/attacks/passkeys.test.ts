import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { ensureConfig } from '../../src/engine/ensure-config.ts';
import { removePasskey } from '../../src/engine/login/remove-passkey.ts';
import { verify } from '../audit/court.ts';
import { enrolled } from '../support/passkeys.ts';
import { openScene, type Scene } from '../support/scene.ts';
import { byHand, entryAt, newest, setEntry } from './journal-by-hand.ts';

/** What somebody may try who can write the journal's file, and has none of its keys. */
async function openEnrolled(): Promise<{ scene: Scene; engine: Engine; passkey: string }> {
  const scene = openScene({ runbook: 'name: a\nsteps:\n  - { id: b, exec: "true" }\n' });
  const { passkey } = await enrolled(scene.engine(), 'robin');
  return { scene, engine: scene.engine(), passkey: passkey.passkey };
}

/** Another process, after the file was written by hand. */
async function reopened(scene: Scene): Promise<Engine> {
  await scene.restart();
  return scene.engine();
}

test('a passkey that is given to somebody else in its entry stops everything', async () => {
  const { scene } = await openEnrolled();
  byHand(scene, (db) => {
    const seq = newest(db, 'passkey.enrolled');
    setEntry(db, seq, entryAt(db, seq).replaceAll('robin', 'kimba'));
  });
  await expect(ensureConfig(await reopened(scene))).rejects.toMatchObject({ code: 'E_PROOF' });
});

test('a removal that is changed in its entry stops everything', async () => {
  const { scene, engine, passkey } = await openEnrolled();
  await removePasskey(engine, passkey, null);
  byHand(scene, (db) => {
    const seq = newest(db, 'passkey.removed');
    setEntry(db, seq, entryAt(db, seq).replace(passkey, '0'.repeat(16)));
  });
  await expect(ensureConfig(await reopened(scene))).rejects.toMatchObject({ code: 'E_PROOF' });
});

test('an index that calls other entries enrolments makes no passkey', async () => {
  const { scene } = await openEnrolled();
  byHand(scene, (db) => {
    db.prepare("update events set type = 'passkey.enrolled' where type = 'log.genesis'").run();
  });
  const { people } = (await ensureConfig(await reopened(scene))).rules.people;
  expect(people.filter(({ passkeys }) => passkeys !== undefined)).toMatchObject([
    { name: 'robin' },
  ]);
});

test('an enrolment whose invitation is hidden counts for nobody', async () => {
  const { scene } = await openEnrolled();
  byHand(scene, (db) => {
    db.prepare("update events set type = 'token.issued' where type = 'passkey.invited'").run();
  });
  const { people } = (await ensureConfig(await reopened(scene))).rules.people;
  expect(people.filter(({ passkeys }) => passkeys !== undefined)).toEqual([]);
});

test('a removal that is hidden from the index is found by the audit', async () => {
  const { scene, engine, passkey } = await openEnrolled();
  await removePasskey(engine, passkey, null);
  byHand(scene, (db) => {
    db.prepare("update events set type = 'token.revoked' where type = 'passkey.removed'").run();
  });
  await scene.restart();
  const { findings } = await verify(scene);
  expect(findings).toMatchObject([{ code: 'E_INDEX' }]);
});
