import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { openScene } from '../support/scene.ts';
import { staff } from '../support/staff.ts';
import { aFarSide, down, hanging } from './replicate-far-side.ts';

const plain = 'name: plain\nsteps:\n  - { id: look, run: "true" }\n';

test('a server keeps every sink up to date, and says how far behind each is', async () => {
  const far = aFarSide();
  const ends = aFarSide({ name: 'ends', kind: 'timestamp', counts: false, wants: 'run_end' });
  const scene = openScene({ runbook: plain, sinks: [far.sink, ends.sink] });
  const { start, settled, store, office } = staff(scene);
  await settled(await start(), 'succeeded');
  const whole = async (): Promise<boolean> => far.entries.length === (await store.head()).size;
  await eventually(whole).toBe(true);
  await eventually(() => ends.entries.length).toBe(far.entries.length);
  await eventually(() => office.figures().behind).toEqual({ vault: 0, ends: 0 });
}, 60_000);

test('a sink that was away is told of, tried again and caught up', async () => {
  const far = aFarSide();
  far.before = down;
  const scene = openScene({ runbook: plain, sinks: [far.sink] });
  const { start, settled, store, troubles, office } = staff(scene);
  await settled(await start(), 'succeeded');
  await eventually(() => troubles).toContain('sink vault: sink_failed');
  expect(office.figures().behind['vault']).toBeGreaterThan(0);
  far.before = () => null;
  const whole = async (): Promise<boolean> => far.entries.length === (await store.head()).size;
  await eventually(whole).toBe(true);
}, 60_000);

test('a sink that hangs holds up neither the runs nor the end of the server', async () => {
  const far = aFarSide();
  far.before = hanging;
  const scene = openScene({ runbook: plain, sinks: [far.sink] });
  const { start, settled, stop } = staff(scene);
  await settled(await start(), 'succeeded');
  await stop();
  expect(far.entries).toEqual([]);
}, 60_000);
