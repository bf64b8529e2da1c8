import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { driving, openScene } from '../support/scene.ts';
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
