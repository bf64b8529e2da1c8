import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { onTestFinished } from 'vitest';
import { bootId } from '../../src/base/clock.ts';
import { describeProcess } from '../../src/base/process.ts';
import type { Held, Holder, Store } from '../../src/store/store.ts';

/** Another process that lives until the test ends, and has this hold. */
export async function elsewhereHolder(store: Store, held: Held): Promise<Holder> {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const pid = child.pid ?? 0;
  const holder: Holder = {
    host: hostname(),
    pid,
    boot: bootId(),
    startTime: describeProcess(pid) ?? '',
    since: '2026-01-01T00:00:00.000Z',
  };
  await store.takeHold(held, holder, () => false);
  return holder;
}
