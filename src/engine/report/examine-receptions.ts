import { RunbookError } from '../../base/errors.ts';
import { isProcessAlive } from '../../base/process.ts';
import type { Reception } from '../../channels/channel.ts';
import type { Holder } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import type { Finding } from '../reports.ts';
import { sleep } from '../sleep.ts';

/** Whoever may ask a server how it stands must not make it call Slack, or a webhook, as often as they like. */
const keepMs = 60_000;

interface Examination {
  readonly sinceMs: number;
  readonly findings: Promise<readonly Finding[]>;
}

/** What this process last found of its receptions: of a server there is one such list. */
const examined = new WeakMap<Engine['receptions'], Examination>();

type Examined = Pick<Reception, 'name' | 'examine'>;

export interface Examining {
  readonly limitMs?: number;
  /** Whom people log in with. */
  readonly issuers?: () => readonly Examined[];
}

/**
 * What every reception and every issuer finds when its other side is asked, all at the same time, for at most
 * `limitMs`. Asked once a minute at most, and never twice at a time; until then the answer is the last one.
 */
export async function examineReceptions(
  engine: Engine,
  { limitMs = 15_000, issuers = () => [] }: Examining = {},
): Promise<readonly Finding[]> {
  const nowMs = engine.clock.now().monoUs / 1000;
  const last = examined.get(engine.receptions);
  if (last !== undefined && nowMs - last.sinceMs < keepMs) {
    return last.findings;
  }
  const findings = examineAll(engine, [...engine.receptions, ...issuers()], limitMs);
  examined.set(engine.receptions, { sinceMs: nowMs, findings });
  return findings;
}

async function examineAll(
  engine: Engine,
  asked: readonly Examined[],
  limitMs: number,
): Promise<readonly Finding[]> {
  const of = { limitMs, received: await isReceived(engine) };
  const findings = await Promise.all(asked.map((each) => examineOne(each, of)));
  return findings.flat();
}

/** True where nobody can tell: a click that is taken away from the living is lost. */
async function isReceived({ store }: Engine): Promise<boolean> {
  try {
    const holder = await store.getHold('reception');
    return holder !== null && isProcessAlive(holder);
  } catch {
    return true;
  }
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
async function examineOne(
  each: Examined,
  { limitMs, received }: { readonly limitMs: number; readonly received: boolean },
): Promise<readonly Finding[]> {
  const over = new AbortController();
  try {
    const found = await Promise.race([
      each.examine(over.signal, received),
      sleep(limitMs, over.signal).then(() => null),
    ]);
    return found ?? [failing(each, `no answer within ${limitMs / 1000} s`, null)];
  } catch (error) {
    return error instanceof RunbookError
      ? [failing(each, error.message, error.hint ?? null)]
      : [failing(each, String(error), null)];
  } finally {
    over.abort();
  }
}

function failing({ name }: Examined, message: string, hint: string | null): Finding {
  return { name, ok: false, message, hint };
}
