import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { localService } from '../../src/engine/local-service.ts';
import { breakGlass, findingsOf, nightPolicy, openNight } from '../support/break-glass.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { startOf } from '../support/signed-start.ts';

const lists = ['one', 'two', 'three', 'four', 'five'];

const policy = `
lists:
${lists.map((name) => `  ${name}: { command: [/usr/local/bin/${name}], timeout: 30s }`).join('\n')}
rules:
  - name: whoever is there
    when: step.privileged
    require: { approvals: [{ id: peer, from: [${lists.map((name) => `list:${name}`).join(', ')}] }] }
`;

const runbook = `
name: gated
steps:
  - { id: look, run: echo looked }
  - { id: restart, privileged: true, run: echo ran }
`;

function doorOf(scene: Scene, over: Partial<Engine>) {
  return localService({ ...scene.engine(), ...over }, scene.elsewhere);
}

test('lists that take their time make no start look as if it were made up', async () => {
  const scene = openScene({ policy, runbook });
  let takesMs = 0;
  let asked = 0;
  const askList: Engine['askList'] = () => {
    asked += 1;
    scene.clock.shift(takesMs);
    return { entries: ['robin'], error: null };
  };
  const door = doorOf(scene, { askList });
  const run = await door.start(startOf(scene));
  await door.drive(run, driving(scene));
  await scene.decide(scene.people.robin, 'approve');
  takesMs = 29_000;
  asked = 0;
  expect(await door.drive(run, driving(scene))).toMatchObject({ status: 'succeeded' });
  expect(asked).toBe(lists.length);
  expect(await findingsOf(scene.service())).toEqual([]);
});

test('a verdict that has aged before the start is asked for again', async () => {
  const scene = openScene({ runbook: 'name: plain\nsteps: [{ id: look, run: echo looked }]\n' });
  const engine = scene.engine();
  let late = true;
  const bind: Engine['actions']['bind'] = (...given) => {
    scene.clock.shift(late ? 150_000 : 0);
    late = false;
    return engine.actions.bind(...given);
  };
  const door = doorOf(scene, { actions: { ...engine.actions, bind } });
  const run = await door.start(startOf(scene));
  expect(await door.drive(run, driving(scene))).toMatchObject({ status: 'succeeded' });
  expect(await findingsOf(scene.service())).toEqual([]);
});

test('who may review is asked of each list once, however many reviews are owed', async () => {
  const onDuty = nightPolicy.replace('from: [kim], within', 'from: ["list:duty"], within');
  const scene = openNight({
    policy: onDuty + '\nlists:\n  duty: { command: [/usr/local/bin/duty] }\n',
    config: 'environments:\n  prod: {}\n',
  });
  await breakGlass(scene, { asked: { breakGlass: 'day' } });
  await breakGlass(scene, { asked: { breakGlass: 'day', environment: 'prod' } });
  let asked = 0;
  const askList: Engine['askList'] = () => {
    asked += 1;
    return { entries: ['kim'], error: null };
  };
  const debts = await doorOf(scene, { askList }).breakGlass(false);
  expect(debts.map(({ reviewers }) => reviewers)).toEqual([['kim'], ['kim']]);
  expect(asked).toBe(1);
});
