import { afterEach, beforeEach, expect, test } from 'vitest';
import { newRunId } from '../../src/base/ids.ts';
import type { Holder } from '../../src/store/store.ts';
import { openTempStore, type TempStore } from '../support/temp-store.ts';

let temp: TempStore;
beforeEach(() => {
  temp = openTempStore();
});
afterEach(async () => {
  await temp.remove();
});

const run = newRunId();
const ana = holder(1);
const bo = holder(2);
const alive = () => true;
const dead = () => false;

function holder(pid: number): Holder {
  return { host: 'web1', pid, boot: 'b', startTime: `${pid}00`, since: '2026-01-02T03:04:05.678Z' };
}

test('one process holds a run, and the next is told who', async () => {
  expect(await temp.store.takeHold(run, ana, alive)).toBeNull();
  expect(await temp.store.takeHold(run, bo, alive)).toEqual(ana);
  expect(await temp.store.getHold(run)).toEqual(ana);
  expect(await temp.store.takeHold(newRunId(), bo, alive)).toBeNull();
});

test('serving and receiving are held each for itself, beside the runs', async () => {
  expect(await temp.store.takeHold('serve', ana, alive)).toBeNull();
  expect(await temp.store.takeHold('reception', bo, alive)).toBeNull();
  expect(await temp.store.takeHold('serve', bo, alive)).toEqual(ana);
  expect(await temp.store.getHold('reception')).toEqual(bo);
  await temp.store.releaseHold('serve', ana);
  expect(await temp.store.getHold('serve')).toBeNull();
  expect(await temp.store.getHold('reception')).toEqual(bo);
});

test('a dead holder is replaced', async () => {
  await temp.store.takeHold(run, ana, alive);
  expect(await temp.store.takeHold(run, bo, dead)).toBeNull();
  expect(await temp.store.getHold(run)).toEqual(bo);
});

test('the holder may take its own run again without being asked whether it lives', async () => {
  await temp.store.takeHold(run, ana, alive);
  const later = { ...ana, since: '2026-01-02T04:00:00.000Z' };
  const asked = () => {
    throw new Error('asked');
  };
  expect(await temp.store.takeHold(run, later, asked)).toBeNull();
  expect(await temp.store.getHold(run)).toEqual(later);
});

test('a process that got the same pid later is another holder', async () => {
  await temp.store.takeHold(run, ana, alive);
  expect(await temp.store.takeHold(run, { ...ana, startTime: '999' }, alive)).toEqual(ana);
});

test('only the holder itself lets go of a run', async () => {
  await temp.store.takeHold(run, ana, alive);
  await temp.store.releaseHold(run, bo);
  expect(await temp.store.getHold(run)).toEqual(ana);
  await temp.store.releaseHold(run, ana);
  expect(await temp.store.getHold(run)).toBeNull();
});
