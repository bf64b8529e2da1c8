import { RunbookError } from '../base/errors.ts';
import { isProcessAlive } from '../base/process.ts';
import type { Reception } from '../channels/channel.ts';
import type { Holder } from '../store/store.ts';
import type { Engine } from './engine.ts';
import type { Finding } from './reports.ts';
import { sleep } from './wait.ts';

/** What every reception finds when it asks its other side, all at the same time, for at most `limitMs`. */
export async function examineReceptions(
  engine: Pick<Engine, 'receptions'>,
  limitMs = 15_000,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(
    engine.receptions.map((reception) => examineReception(reception, limitMs)),
  );
  return findings.flat();
}

/**
 * Who drives the runs of the API, and who receives. Nothing is said of a server where no run needs one,
 * nor of a receiver where there is nothing to receive.
 */
export async function examineHolds(engine: Engine): Promise<readonly Finding[]> {
  const [server, receiver, served] = [
    await engine.store.getHold('serve'),
    await engine.store.getHold('reception'),
    await engine.store.listServed(),
  ];
  return [
    ...(server === null && served.length === 0 ? [] : [serving(server, served.length)]),
    ...(receiver === null && engine.receptions.length === 0 ? [] : [receiving(receiver)]),
  ];
}

function serving(holder: Holder | null, open: number): Finding {
  const runs = open === 1 ? '1 open run' : `${open} open runs`;
  if (holder !== null && isProcessAlive(holder)) {
    return { name: 'server', ok: true, message: `${describe(holder)}, ${runs}`, hint: null };
  }
  const gone = holder === null ? 'nobody serves' : `nobody serves: ${describe(holder)} is gone`;
  return {
    name: 'server',
    ok: false,
    message: open === 0 ? gone : `${gone}, and ${runs} of the API cannot go on`,
    hint: 'start it again: `runbook serve`',
  };
}

/** Nobody receiving is no fault: a run that waits in a terminal receives for itself. */
function receiving(holder: Holder | null): Finding {
  const message =
    holder !== null && isProcessAlive(holder)
      ? describe(holder)
      : 'nobody just now: `runbook serve`, or a run while it waits';
  return { name: 'receiver', ok: true, message, hint: null };
}

function describe({ pid, host, since }: Holder): string {
  return `process ${pid} on ${host} since ${since}`;
}

/** Never throws: what one of them finds wrong hides no other. */
async function examineReception(
  reception: Reception,
  limitMs: number,
): Promise<readonly Finding[]> {
  const over = new AbortController();
  try {
    const found = await Promise.race([
      reception.examine(over.signal),
      sleep(limitMs, over.signal).then(() => null),
    ]);
    return found ?? [failing(reception, `no answer within ${limitMs / 1000} s`, null)];
  } catch (error) {
    return error instanceof RunbookError
      ? [failing(reception, error.message, error.hint ?? null)]
      : [failing(reception, String(error), null)];
  } finally {
    over.abort();
  }
}

function failing({ name }: Reception, message: string, hint: string | null): Finding {
  return { name, ok: false, message, hint };
}
