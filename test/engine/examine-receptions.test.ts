import { expect, test } from 'vitest';
import type { Check, Reception } from '../../src/channels/channel.ts';
import { examineReceptions } from '../../src/engine/report/examine-receptions.ts';
import { openChat } from '../support/chat.ts';
import { elsewhereHolder } from '../support/holder.ts';
import { openScene } from '../support/scene.ts';

const runbook = 'name: hello\nsteps:\n  - { id: greet, exec: echo hello }\n';
const fine: Check = { name: 'slack token', ok: true, message: 'good', hint: null };

test('receptions are examined once a minute at most, however many ask', async () => {
  const scene = openScene({ runbook });
  let times = 0;
  const examine = async (): Promise<readonly Check[]> => {
    times += 1;
    return [fine];
  };
  let monoUs = 0;
  const clock = { now: () => ({ ...scene.clock.now(), monoUs }) };
  const engine = { ...scene.engine(), clock, receptions: [openChat({ examine }).reception] };
  await Promise.all([examineReceptions(engine), examineReceptions({ ...engine })]);
  expect(await examineReceptions(engine)).toEqual([fine]);
  expect(times).toBe(1);
  monoUs = 61_000_000;
  await examineReceptions(engine);
  expect(times).toBe(2);
});

test('a reception is told whether another process receives', async () => {
  const scene = openScene({ runbook });
  const told: boolean[] = [];
  const examine: Reception['examine'] = async (_signal, received) => {
    told.push(received);
    return [];
  };
  await examineReceptions({ ...scene.engine(), receptions: [openChat({ examine }).reception] });
  await elsewhereHolder(scene.engine().store, 'reception');
  await examineReceptions({ ...scene.engine(), receptions: [openChat({ examine }).reception] });
  expect(told).toEqual([false, true]);
});
