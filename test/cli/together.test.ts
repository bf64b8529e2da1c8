import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { aScene, type Scene, writeKey } from './scene.ts';

/** One decision for several steps, as people meet it. */
const scene: Scene = aScene().with({ clock: systemClock });
afterAll(() => scene.close());

const move = `name: move-leader
description: Take the leader out and restart it.
approvals: together
steps:
  - id: find
    run: echo b
    outputs:
      leader: { value: stdout, type: string, enum: [a, b, c] }
  - id: drain
    privileged: true
    run: echo drained
  - id: restart
    name: Restart the leader
    privileged: true
    exec: [echo, restarting, "\${{ steps.find.outputs.leader }}"]
`;

/** What differs from one machine and moment to the next. */
function steady(text: string): string {
  return text
    .replaceAll(scene.dir, 'DIR')
    .replaceAll(/[a-z]+-[a-z]+-[a-z]+-[a-z]+-[0-9a-f]{8}/g, 'WORDS')
    .replaceAll(/\b[0-9a-z]{16}\b/g, 'RUN')
    .replaceAll(/\b\d+(ms|s)\b/g, 'SPAN');
}

beforeAll(async () => {
  writeKey(scene, 'robin');
  await scene.run('init', '--person', 'ana');
  await scene.run('people', 'add', 'robin', '--ssh-key', 'robin.pub', '--group', 'sre');
  scene.write('move.yaml', move);
});

test('`show` says what outputs may be, and that approvals are asked together', async () => {
  expect((await scene.run('show', 'move.yaml')).stdout).toMatchInlineSnapshot(`
    "move-leader  move.yaml
    Take the leader out and restart it.

    Steps, approved together before anything runs
      ●  find     gives leader: one of a, b, c
      ◆  drain    privileged
      ◆  restart  Restart the leader, privileged
    "
  `);
});

test('a run stops before anything happened, and names every step', async () => {
  const { exitCode, stdout, stderr } = await scene.run('exec', 'move.yaml', '--no-wait');
  expect(exitCode).toBe(10);
  expect(steady(stderr).split('╭─')[0]).toMatchInlineSnapshot(`
    "move-leader in local, run RUN

    ◆ drain
      needs approval
    ◆ restart  Restart the leader
      needs approval, in the same decision

    "
  `);
  expect(steady(stdout)).toMatchInlineSnapshot(`
    "RUN waiting
    "
  `);
});

test('its card shows each command, and the hole with what may fill it', async () => {
  const { stdout } = await scene.run('review');
  const card = steady(stdout).split('\n');
  const from = card.findIndex((line) => line.includes('Step drain, 1 of 2'));
  expect(card[2]).toMatchInlineSnapshot(
    `"│  2 steps: sh: echo drained; echo restarting '‹steps.find.outputs.leader: one of a, b, c›'"`,
  );
  const lines = card.slice(from).filter((line) => /Step|·|may start|echo/.test(line));
  expect(
    lines.filter((line) => !/bin\/|bash|LANG|sha256/.test(line)).join('\n'),
  ).toMatchInlineSnapshot(`
    "│  Step drain, 1 of 2
    │    may start    once
    │  Step drain: script for sh
    │    1 echo drained
    │  Step drain: how it runs
    │  Step drain: programs
    │  Step drain: environment variables
    │  Step restart, 2 of 2
    │    may start    once
    │  Step restart: command
    │    · echo
    │    · restarting
    │    · '‹steps.find.outputs.leader: one of a, b, c›'
    │  Step restart: programs
    │  Step restart: the same as step drain
    │    · How it runs
    │    · Environment variables
    │    · not compared with what would run now"
  `);
});

test('`status` lists the steps of the request', async () => {
  const { stdout } = await scene.run('status', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'waiting',
    steps: [
      { id: 'find', status: 'pending' },
      { id: 'drain', status: 'waiting' },
      { id: 'restart', status: 'waiting' },
    ],
    requests: [{ step: 'drain', steps: ['drain', 'restart'] }],
  });
});

test('one approval lets all of it through', async () => {
  const approved = await scene.run('approve', '--key', 'robin.pem');
  expect(approved.exitCode).toBe(0);
  const { exitCode, stderr, stdout } = await scene.run('resume');
  expect(exitCode).toBe(0);
  expect(steady(stderr)).toMatchInlineSnapshot(`
    "move-leader in local, run RUN

    ● find
        b
      ok 0.SPAN
    ● drain
        drained
      ok 0.SPAN
    ● restart  Restart the leader
        restarting b
      ok 0.SPAN

    "
  `);
  expect(steady(stdout)).toMatchInlineSnapshot(`
    "RUN succeeded
    "
  `);
  expect((await scene.run('audit', 'verify')).exitCode).toBe(0);
});
