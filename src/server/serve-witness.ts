import type { Server } from 'node:http';
import { hostname } from 'node:os';
import type { HttpBindings } from '@hono/node-server';
import type { Clock } from '../base/clock.ts';
import type { Door } from '../witness/door.ts';
import { openServer } from './open-server.ts';
import { addressKey, openLimiter } from './rate.ts';
import type { ServeSettings } from './settings.ts';
import { monotonicMs } from './site.ts';

export interface WitnessServing {
  readonly url: string;
  /** Resolves once the last call was answered. */
  readonly closed: Promise<void>;
}

/** More addresses than logs that one witness remembers have. */
const maxBuckets = 10_000;

/** How long calls that are being answered have once it stops. */
const lastAnswersMs = 2000;

/** Opens the door of a witness until `signal` aborts. Throws UsageError `listen_failed`, `tls_unreadable`. */
export async function serveWitness(
  door: Door,
  settings: Pick<ServeSettings, 'listen' | 'tls' | 'limits' | 'rate'>,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<WitnessServing> {
  const limiter = openLimiter(settings.rate, maxBuckets);
  const { server, address } = await openServer(async (request, env) => {
    const from = addressKey((env as HttpBindings).incoming.socket.remoteAddress ?? '');
    const waitMs = limiter.take(from, monotonicMs(clock));
    return waitMs === 0 ? door(new URL(request.url).pathname.slice(1), request) : tooMany(waitMs);
  }, settings);
  const { port } = address;
  // An address that stands for all of them is nobody's to call.
  const host = /^(0\.0\.0\.0|::)$/.test(address.host) ? hostname() : address.host;
  const scheme = settings.tls === null ? 'http' : 'https';
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    closed: closeOn(server, signal),
  };
}

function tooMany(waitMs: number): Response {
  const retryAfter = String(Math.ceil(waitMs / 1000));
  return new Response('too many calls\n', { status: 429, headers: { 'Retry-After': retryAfter } });
}

function closeOn(server: Server, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const close = (): void => {
      const late = setTimeout(() => {
        server.closeAllConnections();
      }, lastAnswersMs);
      server.close(() => {
        clearTimeout(late);
        resolve();
      });
      server.closeIdleConnections();
    };
    if (signal.aborted) {
      close();
    } else {
      signal.addEventListener('abort', close, { once: true });
    }
  });
}
