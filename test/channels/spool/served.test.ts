import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Staffed, staff } from '../../support/staff.ts';
import { mayGiveAway, openSpoolScene, type SpoolScene, uids } from './spool-scene.ts';

/** A server at work under an account of its own, which has the spool. */
function serve(spool: SpoolScene): Staffed {
  const { host } = spool.scene.engine();
  const engine = { receptions: [spool.reception], account: `runbook@${host}`, user: 'runbook' };
  return staff(spool.scene, { engine });
}

async function waitingRun(spool: SpoolScene, served: Staffed) {
  const run = await served.start();
  await served.settled(run, 'waiting');
  await eventually(() => readdirSync(spool.box().requests).length).toBe(1);
  return run;
}

describe('a server that has the spool', { timeout: 60_000 }, () => {
  test('takes a signed decision in by itself, and the run goes on', async () => {
    const spool = openSpoolScene();
    const served = serve(spool);
    const run = await waitingRun(spool, served);
    const text = await spool.sign(spool.scene.people.robin, 'approve');
    const name = await spool.drop({ uid: uids.robin, text });
    await served.settled(run, 'succeeded');
    expect(spool.answer(name)).toMatchObject({
      code: 'recorded',
      decided: { person: 'robin', assurance: 'A3', missing: [] },
    });
    expect(await spool.decisions(run)).toMatchObject([{ assurance: 'A3', channel: 'spool' }]);
  });

  test('goes on receiving while its API is asked how things stand', async () => {
    const spool = openSpoolScene();
    const served = serve(spool);
    const run = await waitingRun(spool, served);
    const text = await spool.sign(spool.scene.people.robin, 'reject');
    await spool.drop({ uid: uids.robin, text });
    await served.door.status(run);
    await served.door.requests(true);
    expect(await served.store.getHold('reception')).not.toBe(null);
    await served.settled(run, 'rejected');
  });

  test.skipIf(!mayGiveAway)(
    'takes an account’s word for A0, though its own account is nobody’s',
    async () => {
      const spool = openSpoolScene({ policy: 'floor: { assurance: A0 }' });
      const served = serve(spool);
      const run = await waitingRun(spool, served);
      await spool.drop({ uid: uids.robin, text: await spool.say() });
      await served.settled(run, 'succeeded');
      const { host } = spool.scene.engine();
      expect(await spool.decisions(run)).toMatchObject([
        {
          person: 'robin',
          assurance: 'A0',
          signature: null,
          attested: { receiver: `os:runbook@${host.toLowerCase()}` },
        },
      ]);
    },
  );

  test.skipIf(!mayGiveAway)(
    'refuses an account’s word where A1 is asked, and says so',
    async () => {
      const spool = openSpoolScene({ policy: 'floor: { assurance: A1 }' });
      const served = serve(spool);
      const run = await waitingRun(spool, served);
      const name = await spool.drop({ uid: uids.robin, text: await spool.say() });
      await eventually(() => spool.answer(name)?.code).toBe('assurance_too_low');
      expect(await served.door.status(run)).toMatchObject({ status: 'waiting' });
    },
  );
});
