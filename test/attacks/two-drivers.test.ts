import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/base/ids.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { staff } from '../support/staff.ts';
import { byHand } from './journal-by-hand.ts';

const once = `
name: once
steps:
  - id: restart
    privileged: true
    run: echo ran >> ran.txt; sleep 0.3
`;

test('two drivers of one run, its hold deleted by hand, spawn an approved step once', async () => {
  const scene = openScene({ runbook: once });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  const stores = [scene.openStore(), scene.openStore()];
  const doors = stores.map((store) => {
    // Both have read the run before either starts the step.
    const commit = store.commit.bind(store);
    store.commit = async (input) => {
      if (input.commandId.startsWith('start.')) {
        byHand(scene, (db) => db.exec('delete from holds'));
        await new Promise((done) => setTimeout(done, 100));
      }
      return commit(input);
    };
    return scene.service(store);
  });
  await Promise.allSettled(doors.map((door) => door.drive(run, driving(scene))));
  await Promise.all(stores.map((store) => store.close()));
  expect(readFileSync(join(scene.dir, 'ran.txt'), 'utf8')).toBe('ran\n');
});

test('whoever resumes at the very moment somebody else does joins the chain all the same', async () => {
  const scene = openScene({ runbook: once });
  const { run } = await scene.exec();
  const robin = { osUser: 'robin@elsewhere' };
  scene.trusted.people = scene.trusted.people.replace(
    'robin,',
    'robin, os_users: [robin@elsewhere],',
  );
  await scene.service().requests(true);
  const store = scene.openStore();
  const commit = store.commit.bind(store);
  let isFirst = true;
  store.commit = async (input) => {
    if (isFirst && input.commandId.startsWith('run.resumed')) {
      isFirst = false;
      await scene.service().resume({ run, given: {} });
    }
    return commit(input);
  };
  await scene.service(store, robin).resume({ run, given: {} });
  await store.close();
  await expect(scene.decide(scene.people.robin, 'approve')).rejects.toMatchObject({
    code: 'key_not_asked',
  });
});

describe('whoever did not take a run on', () => {
  const robin = { osUser: 'robin@elsewhere' };

  /** Ana's run, waiting; robin has an account. */
  async function anasRun(): Promise<{ readonly scene: Scene; readonly run: RunId }> {
    const scene = openScene({ runbook: once });
    const { run } = await scene.exec();
    scene.trusted.people = scene.trusted.people.replace(
      'robin,',
      'robin, os_users: [robin@elsewhere],',
    );
    return { scene, run };
  }

  test('cannot drive it, approved by themselves or not', async () => {
    const { scene, run } = await anasRun();
    await scene.decide(scene.people.robin, 'approve');
    const door = scene.service(undefined, robin);
    await expect(door.drive(run, driving(scene))).rejects.toMatchObject({
      code: 'not_resumed',
      exitCode: 13,
    });
    expect(existsSync(join(scene.dir, 'ran.txt'))).toBe(false);
  });

  test("is not let in by the name of somebody else's agent", async () => {
    const { scene } = await anasRun();
    const bot = scene.service(undefined, { agent: 'deploy-bot' });
    const source = await bot.openRunbook('runbook.yaml');
    const given = { source, given: {}, environment: null, reason: null, ticket: null };
    const run = await bot.start(given);
    const door = scene.service(undefined, { ...robin, agent: 'deploy-bot' });
    await expect(door.drive(run, driving(scene))).rejects.toMatchObject({ code: 'not_resumed' });
  });

  test('may bring it to its end once it is cancelled: nothing is asked any more', async () => {
    const { scene, run } = await anasRun();
    const door = scene.service(undefined, robin);
    expect(await door.cancel(run, null, driving(scene))).toMatchObject({
      status: 'cancelled',
      terminal: true,
    });
  });
});

describe('a run that a server drives', { timeout: 60_000 }, () => {
  test('is spawned once, whoever else tries at the same moment', async () => {
    const scene = openScene({ runbook: once });
    const { start, settled } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    const other = scene.openStore();
    const door = scene.service(other);
    await scene.decide(scene.people.robin, 'approve');
    // The same process as far as holds can tell: only the chain keeps it out.
    await expect(door.drive(run, driving(scene))).rejects.toMatchObject({ exitCode: 13 });
    await settled(run, 'succeeded');
    await other.close();
    expect(readFileSync(join(scene.dir, 'ran.txt'), 'utf8')).toBe('ran\n');
  });

  test('cannot be driven on its host after its end, but by somebody who joins its chain', async () => {
    const scene = openScene({ runbook: once, account: 'runbook@here' });
    const { start, settled, stop } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    await stop();
    const kim = { osUser: 'kim@elsewhere' };
    scene.trusted.people = scene.trusted.people.replace('kim,', 'kim, os_users: [kim@elsewhere],');
    const door = scene.service(undefined, kim);
    await expect(door.drive(run, driving(scene))).rejects.toMatchObject({ code: 'not_resumed' });
    await door.drive(await door.resume({ run, given: {} }), driving(scene));
    await expect(scene.decide(scene.people.kim, 'approve')).rejects.toMatchObject({
      code: 'key_not_asked',
    });
  });
});
