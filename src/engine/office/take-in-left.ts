import type { RunId } from '../../base/ids.ts';
import type { Engine } from '../engine.ts';
import { isSelf } from '../hold.ts';
import type { RunReport } from '../reports.ts';
import { sleep } from '../sleep.ts';
import { type Until, waitRun } from '../wait-run.ts';
import { tellReceptions } from './attend-receptions.ts';

const pollMs = 250;

/**
 * Takes in what was left for this journal while none of its processes lived, so that whoever looks sees it
 * counted. Where nothing was left it costs a look into a folder. Never throws: looking is what was asked for.
 */
export async function takeInLeft(engine: Engine): Promise<void> {
  try {
    const { origin } = engine.store;
    const receptions = engine.receptions.filter((each) => each.hasLeft?.(origin) === true);
    if (receptions.length > 0 && !(await attendsItself(engine))) {
      await tellReceptions(engine, receptions);
    }
  } catch {
    // A configuration that broke meanwhile, a full disk: it is left there until it can be taken in.
  }
}

/** Waits as `waitRun` does, and looks meanwhile for what is left. */
export async function waitTakingIn(
  engine: Engine,
  run: RunId,
  until: Pick<Until, 'timeoutMs' | 'signal'>,
): Promise<RunReport> {
  await takeInLeft(engine);
  return waitRun(engine, run, {
    ...until,
    pause: async (signal, atMostMs) => {
      await sleep(Math.min(atMostMs, pollMs), signal);
      await takeInLeft(engine);
    },
  });
}

/** Whoever receives already looks for itself, and must not lose its hold to a look of its own. */
async function attendsItself(engine: Engine): Promise<boolean> {
  const { store } = engine;
  const holders = await Promise.all([store.getHold('reception'), store.getHold('serve')]);
  return holders.some((holder) => holder !== null && isSelf(engine, holder));
}
