import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/run/events.ts';
import { eventually } from '../support/eventually.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { staff } from '../support/staff.ts';

const runbook = `name: gated
steps:
  - { id: restart, privileged: true, exec: echo ran }
`;

const policy = `floor: { pending: 2h }
rules:
  - name: care
    require:
      approvals: [{ id: peer, from: [robin], escalate: [{ after: 15m, to: [kim] }] }]
      pending: 1h
      remind: 10m
`;

const minute = 60_000;

async function reminded(scene: Scene, run: string): Promise<readonly string[]> {
  const events = (await scene.service().events(run as never, 0)).map(({ event }) => event);
  return events
    .filter(
      (event): event is Extract<Event, { type: 'approval.reminded' }> =>
        event.type === 'approval.reminded',
    )
    .map(({ data: { kind, nth, to } }) => `${kind} ${nth} ${to.join(',')}`);
}

describe('whoever waits', () => {
  test('records each reminder once, over restarts and beside others', async () => {
    const scene = openScene({ runbook, policy });
    const { run } = await scene.exec();
    const look = () => scene.service().drive(run, driving(scene));
    scene.clock.shift(10 * minute);
    await look();
    await look();
    expect(await reminded(scene, run)).toEqual(['reminder 1 robin']);
    await scene.restart();
    await look();
    scene.clock.shift(5 * minute);
    await scene.restart();
    await look();
    expect(await reminded(scene, run)).toEqual(['reminder 1 robin', 'escalation 1 kim']);
    scene.clock.shift(30 * minute);
    await look();
    expect((await reminded(scene, run)).slice(2)).toEqual(['reminder 4 robin,kim']);
    const { findings } = await scene
      .service()
      .verify({ receipts: [], pins: [], progress: () => undefined });
    expect(findings).toEqual([]);
  });

  test('reminds of nothing that is decided or over', async () => {
    const scene = openScene({ runbook, policy });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.clock.shift(9 * minute);
    await scene.service().drive(run, driving(scene));
    expect(await reminded(scene, run)).toEqual([]);
    const second = await scene.exec();
    scene.clock.shift(61 * minute);
    await scene.service().drive(second.run, driving(scene));
    expect(await reminded(scene, second.run)).toEqual([]);
  });

  test('is told of it where it waits, and asks nobody there again', async () => {
    const scene = openScene({ runbook, policy });
    const { run } = await scene.exec();
    const { listener, ...options } = driving(scene);
    let waits = 0;
    const driven = scene.service().drive(run, {
      ...options,
      wait: 'expiry',
      listener: {
        ...listener,
        waiting: () => {
          waits += 1;
        },
      },
    });
    await eventually(() => waits).toBe(1);
    scene.clock.shift(10 * minute);
    await eventually(
      () => scene.entries.filter(({ event }) => event.type === 'approval.reminded').length,
    ).toBe(1);
    await scene.decide(scene.people.robin, 'approve');
    expect(await driven).toMatchObject({ status: 'succeeded' });
    expect(waits).toBe(1);
  });

  test('the office does so at its time, by itself', async () => {
    const scene = openScene({ runbook, policy });
    const { start, settled } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    scene.clock.shift(10 * minute);
    await eventually(() => reminded(scene, run)).toEqual(['reminder 1 robin']);
    scene.clock.shift(5 * minute);
    await eventually(async () => (await reminded(scene, run)).length).toBe(2);
  });
});
