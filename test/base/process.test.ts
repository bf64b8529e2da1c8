import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootId } from '../../src/base/clock.ts';
import { newNonce } from '../../src/base/ids.ts';
import {
  describeProcess,
  findProcesses,
  isProcessAlive,
  type ProcessMark,
} from '../../src/base/process.ts';

const token = newNonce();
let child: ChildProcess;
let mark: ProcessMark;

beforeAll(async () => {
  child = spawn('sleep', ['60'], { env: { ...process.env, RUNBOOK_ATTEMPT: token } });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  mark = { host: hostname(), pid, boot: bootId(), startTime: describeProcess(pid) ?? '' };
});
afterAll(() => void child.kill('SIGKILL'));

test('a living process has a start time, which stays', () => {
  expect(describeProcess(process.pid)).toMatch(/\d/);
  expect(describeProcess(process.pid)).toBe(describeProcess(process.pid));
});

test('a process is alive only as the very one that was written down', () => {
  expect(isProcessAlive(mark)).toBe(true);
  expect(isProcessAlive({ ...mark, startTime: '1' })).toBe(false);
});

test.runIf(process.platform === 'linux')(
  'a process of an earlier boot is dead, whatever the host was called then',
  () => {
    expect(isProcessAlive({ ...mark, boot: 'another' })).toBe(false);
    const renamed = { ...mark, host: `not-${hostname()}`, boot: 'another' };
    expect(isProcessAlive(renamed)).toBe(false);
  },
);

test('a process on another host of the same boot, another container, counts as alive', () => {
  expect(isProcessAlive({ ...mark, host: `not-${hostname()}` })).toBe(true);
});

test.runIf(existsSync('/proc/self/environ'))(
  'a survivor is found by its attempt alone',
  async () => {
    expect(findProcesses(token)).toEqual([mark.pid]);
    expect(findProcesses(token.slice(1))).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(findProcesses(token)).toEqual([]);
    expect(describeProcess(mark.pid)).toBeNull();
    expect(isProcessAlive(mark)).toBe(false);
  },
);
