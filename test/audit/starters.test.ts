import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { driving } from '../support/scene.ts';
import { type Court, expectFinding, openCourt, say, started, verify } from './court.ts';

const bot = `bot@${hostname()}`;
const account = `{ id: robot, os_users: [${bot}] }`;

/** Started from an agent's own account, and approved; by then the account is nobody's. */
async function openStrangers(): Promise<Court> {
  const court = await openCourt({
    caller: { osUser: bot },
    morePeople: `  - { name: zoe, agents: [${account}] }`,
  });
  const { scene } = court;
  await scene.decide(scene.people.robin, 'approve');
  scene.trusted.people = scene.trusted.people.replace(account, 'robot');
  await scene.service().initialise();
  return court;
}

test('an approved start by an account of nobody is found', async () => {
  const court = await openStrangers();
  await say(court, await started(court));
  await expectFinding(court.scene, 'E_START', 'authorization');
});

test("what was approved does not start any more, once its account is nobody's", async () => {
  const { scene, run } = await openStrangers();
  expect((await scene.service().drive(run, driving(scene))).status).toBe('denied');
  expect((await verify(scene)).findings).toEqual([]);
});
