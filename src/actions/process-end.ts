import { type EventEmitter, once } from 'node:events';
import type { Readable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { ActionResult } from './action.ts';
import type { Order } from './launch.ts';
import { endGroup } from './process-group.ts';
import { watchStop } from './stop.ts';

type Exited = Extract<ActionResult, { kind: 'exited' }>;
type Exit = Pick<Exited, 'exitCode' | 'signal'>;

/** How long a killed process may take to be gone. One that is still there runs as somebody else (`sudo`). */
const lostMs = 5000;

/** Waits until the process has ended by itself, or ends it with all of its group. */
export async function waitForEnd(
  child: EventEmitter,
  pid: number,
  { command, io }: Order,
): Promise<Exit & Pick<Exited, 'ended'>> {
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (exitCode: number | null, signal: string | null) =>
      resolve({ exitCode, signal }),
    );
  });
  const stop = watchStop(io.signal, command.timeout_ms);
  const first = await Promise.race([exited, stop.reason]);
  stop.dispose();
  if (typeof first !== 'string') {
    return { ...first, ended: 'itself' };
  }
  await endGroup(pid, io.graceMs);
  const lost = sleep<Exit>(lostMs, { exitCode: null, signal: null }, { ref: false });
  return { ...(await Promise.race([exited, lost])), ended: first };
}

/** A grandchild that keeps writing is never quiet: after this many rounds its pipe is closed nevertheless. */
const maxRounds = 10;

/** Takes what the step left in its pipes, then closes them, whoever still holds the other end. */
export async function drain(pipes: readonly Readable[], quietMs: number): Promise<void> {
  let chunks = 0;
  for (const pipe of pipes) {
    pipe.on('data', () => {
      chunks += 1;
    });
  }
  const closed = Promise.all(pipes.map(async (pipe) => pipe.closed || once(pipe, 'close')));
  for (let round = 0; round < maxRounds; round += 1) {
    const before = chunks;
    // Timers fire before pipes are read: after a busy loop, look once more before calling it quiet.
    const quiet = sleep(quietMs, undefined, { ref: false }).then(async () => setImmediate('quiet'));
    const first = await Promise.race([closed, quiet]);
    if (first !== 'quiet' || chunks === before) {
      break;
    }
  }
  for (const pipe of pipes) {
    pipe.destroy();
  }
}
