import { growingMs } from '../../base/back-off.ts';
import { formatTime } from '../../base/clock.ts';
import type { Check, Front, Reception } from '../channel.ts';
import type { ReceptionDeps } from '../channel-kind.ts';
import { pause as rest } from '../pause.ts';
import { type Left, none, sendDue } from './deliver.ts';
import { openPost } from './post.ts';
import type { EmailSettings } from './settings.ts';
import { takeIn } from './take-in.ts';

/** What time alone will not mend is tried again, but not often. */
const growth = { firstMs: 1_000, mostMs: 300_000 };

/**
 * Mails to those who are asked, and to those who wait to hear how it went. It receives nothing, so that it
 * can decide nothing. The password is looked up when there is something to send.
 */
export function openEmail(
  settings: EmailSettings,
  { env, log, clock }: Pick<ReceptionDeps, 'env' | 'log' | 'clock'>,
  pause = growth,
): Reception {
  let standing: Standing = { left: none, failures: 0, since: null };
  const round = async (front: Front, signal: AbortSignal): Promise<number> => {
    const next = await takeIn(front, settings, signal);
    const left = await sendDue({ front, settings, env, log }, signal);
    const isWell = left.failed === null && left.deferred === null;
    standing = isWell
      ? { left, failures: 0, since: null }
      : {
          left,
          failures: standing.failures + 1,
          since: standing.since ?? formatTime(clock.now().wallMs),
        };
    return next;
  };
  return {
    name: 'email',
    http: null,
    async attend(front, signal) {
      while (!signal.aborted) {
        const next = await round(front, signal);
        const { left, failures } = standing;
        await restUntil(signal, [
          ...(failures === 0
            ? []
            : [(over: AbortSignal) => rest(growingMs(failures, pause), over)]),
          // A server that takes nothing is not asked more often because there is more to say.
          ...(left.failed === null ? [(over: AbortSignal) => front.grown(next, over)] : []),
        ]);
      }
    },
    async tell(front, signal) {
      await round(front, signal);
    },
    health: () => healthOf(standing),
    examine: async () => [await examine(settings, env)],
  };
}

interface Standing {
  readonly left: Left;
  /** Rounds in a row that left something. */
  readonly failures: number;
  readonly since: string | null;
}

function healthOf({ left, since }: Standing): ReturnType<Reception['health']> {
  const { count, failed, deferred } = left;
  const trouble = failed ?? deferred;
  return trouble === null
    ? { ok: true, message: count === 0 ? 'nothing waits' : `${count} to go`, backlog: count }
    : { ok: false, message: `${count} wait since ${since}: ${trouble}`, backlog: count };
}

/** Name, certificate and password in one answer; no mail is sent. */
async function examine(settings: EmailSettings, env: ReceptionDeps['env']): Promise<Check> {
  const { host, port } = settings.smtp;
  const post = await openPost(settings, env);
  const trouble = await post.verify();
  return trouble === null
    ? { name: 'email', ok: true, message: `${host}:${port} takes mail from us`, hint: null }
    : { name: 'email', ok: false, message: trouble, hint: 'docs/email.md tells what it needs' };
}

/** Until the first of them resolves; the others are let go. */
async function restUntil(
  signal: AbortSignal,
  ways: readonly ((over: AbortSignal) => Promise<unknown>)[],
): Promise<void> {
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  await Promise.race(ways.map((way) => way(both)));
  over.abort();
}
