import { hostname } from 'node:os';
import { RunbookError } from '../../base/errors.ts';
import type { Front, Reception, ReceptionHealth } from '../channel.ts';
import { pause } from '../pause.ts';
import { accountName } from './account-name.ts';
import { type Box, findOwnBox, logIdOf, openOwnBox } from './box.ts';
import { examineSpool } from './examine-spool.ts';
import { publish } from './publish.ts';
import type { SpoolSettings } from './settings.ts';
import { type Accounts, hasDrops, takeIn } from './take-in.ts';

/** How often the box is looked into. */
const pollMs = 500;
/** How old a published head may get while the journal grows: proofs from newer ones come with the next. */
const freshMs = 5000;
/** A spool that cannot be used now: root may make it, or let us in. */
const troubleMs = 5000;

const thisHost: Accounts = { nameOf: accountName, host: hostname() };

/**
 * The spool: other accounts of this host read here what is open and leave their decisions, each under the
 * name that the file system knows them by. What is signed counts by its key; what is not is the word of
 * this host (A0).
 */
export function openSpool({ dir }: SpoolSettings, accounts: Accounts = thisHost): Reception {
  let health: ReceptionHealth = { ok: true, message: 'nobody looks into it now', backlog: 0 };
  const look = async (front: Front, shown: Shown | null, signal: AbortSignal): Promise<Shown> => {
    const box = openOwnBox(dir, logIdOf(front.origin));
    const next = await lookInto(front, box, { accounts, shown, signal });
    health = { ok: true, message: `${next.open} open in ${box.path}`, backlog: 0 };
    return next;
  };
  return {
    name: 'spool',
    local: true,
    http: null,
    async attend(front, signal) {
      let shown: Shown | null = null;
      while (!signal.aborted) {
        try {
          shown = await look(front, shown, signal);
          await pause(pollMs, signal);
        } catch (error) {
          health = { ok: false, message: tell(error), backlog: 0 };
          await pause(troubleMs, signal);
        }
      }
    },
    async tell(front, signal) {
      await look(front, null, signal);
    },
    hasLeft: (origin) => {
      const box = findOwnBox(dir, logIdOf(origin));
      return box !== null && hasDrops(box);
    },
    health: () => health,
    examine: async () => examineSpool(dir),
  };
}

/** What stands in the box, and since when. */
interface Shown {
  readonly ids: string;
  readonly open: number;
  readonly size: number;
  readonly atMs: number;
}

/** First what others left, then what is open after that. */
async function lookInto(
  front: Front,
  box: Box,
  of: { readonly accounts: Accounts; readonly shown: Shown | null; readonly signal: AbortSignal },
): Promise<Shown> {
  const { shown } = of;
  const taken = await takeIn(front, box, of);
  const open = await front.open();
  const size = await front.grown(0, of.signal);
  const atMs = front.clock.now().monoUs / 1000;
  const next: Shown = { ids: open.join(), open: open.length, size, atMs };
  if (shown !== null && taken === 0 && shown.ids === next.ids) {
    const grown = size > shown.size && atMs - shown.atMs > freshMs;
    if (!grown) {
      return shown;
    }
  }
  await publish(front, box, open);
  return next;
}

function tell(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof RunbookError && error.hint !== undefined
    ? `${message}: ${error.hint}`
    : message;
}
