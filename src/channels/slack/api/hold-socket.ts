import { setTimeout as timer } from 'node:timers/promises';
import { growingMs } from '../../../base/back-off.ts';
import type { Clock } from '../../../base/clock.ts';
import {
  type Envelope,
  loadSocketLibraries,
  openSocketLink,
  type SocketLibraries,
} from './socket-link.ts';

/** How the socket stands. */
export type SocketState =
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'connected';
      readonly sinceMs: number;
      /** Connections of the same app that are not ours: each takes clicks away from this one. */
      readonly others: number;
    }
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly why: string };

export interface SocketOptions {
  readonly appToken: string;
  /** Base of the Web API, with a slash at its end. */
  readonly api: string;
  /** How long Slack may leave a ping unanswered; its client's own 5 s end good connections on slow lines. */
  readonly pingTimeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onEnvelope: (envelope: Envelope) => void;
  readonly onState: (state: SocketState) => void;
  /** The first pause after a connection that did not hold; doubles up to 64 times as much. */
  readonly pauseMs?: number;
  readonly helloMs?: number;
}

/**
 * Keeps one connection to Slack until `signal` aborts, then resolves at once. One that is lost, refused
 * or recycled is followed by another, for as long as it takes: at once where it had held, else after a
 * growing pause.
 */
export async function holdSocket(options: SocketOptions): Promise<void> {
  const { signal, clock, onState } = options;
  const libraries = await loadSocketLibraries();
  onState({ kind: 'connecting' });
  let failures = 0;
  let endedMs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    const beganMs = monoMs(clock);
    // For a while Slack still counts the connection that this one replaces.
    const mine = beganMs - endedMs < 60_000 ? 2 : 1;
    const why = await holdLink(libraries, options, mine);
    endedMs = monoMs(clock);
    failures = endedMs - beganMs > steadyMs ? 0 : failures + 1;
    if (!signal.aborted) {
      onState({ kind: 'lost', sinceMs: clock.now().wallMs, why });
      await pause(failures, options);
    }
  }
}

/** A connection that stood this long was a good one. */
const steadyMs = 30_000;

/** One connection, until it is over or `signal` aborts; says why. */
async function holdLink(
  libraries: SocketLibraries,
  options: SocketOptions,
  mine: number,
): Promise<string> {
  const { signal, clock, onState } = options;
  const link = openSocketLink(libraries, {
    ...options,
    helloMs: options.helloMs ?? 20_000,
    onHello: (connections) => {
      const others = Math.max(0, connections - mine);
      onState({ kind: 'connected', sinceMs: clock.now().wallMs, others });
    },
  });
  signal.addEventListener('abort', link.end);
  const why = await link.over;
  signal.removeEventListener('abort', link.end);
  link.end();
  return why;
}

async function pause(failures: number, { pauseMs = 1000, signal }: SocketOptions): Promise<void> {
  const growth = { firstMs: pauseMs, mostMs: pauseMs * 64 };
  const ms = failures === 0 ? 0 : growingMs(failures, growth);
  // Rejects when `signal` aborts: there is nothing more to wait for.
  await timer(ms, undefined, { signal }).catch(() => undefined);
}

function monoMs(clock: Clock): number {
  return clock.now().monoUs / 1000;
}
