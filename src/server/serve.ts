import type { Server } from 'node:http';
import type { Clock } from '../base/clock.ts';
import type { Office } from '../engine/office.ts';
import { sleep } from '../engine/sleep.ts';
import type { Login } from '../login/login.ts';
import type { Door } from '../witness/door.ts';
import { createApp } from './app.ts';
import { openServer } from './open-server.ts';
import type { ServeSettings } from './settings.ts';
import type { Log } from './site.ts';
import { watchHealth } from './watch-health.ts';
import { isNamed, originOf } from './web/origin.ts';

export interface ServeDeps {
  /** First abort: take no new calls, end streams, let steps that run end within the office's grace. */
  readonly signal: AbortSignal;
  /** Second abort: wait for nothing more. */
  readonly hurry?: AbortSignal;
  readonly log: Log;
  readonly clock: Clock;
  /** What other hosts' journals are remembered by. */
  readonly mirror?: Door | null;
  /** Issuers that people can log in with. */
  readonly logins?: readonly Login[];
}

export interface Serving {
  readonly address: { readonly host: string; readonly port: number };
  /** Where it is reached on this machine, or as settings say. */
  readonly url: string;
  /** Where browsers see it: see `originOf`. */
  readonly origin: string;
  /** Resolves when everything has ended. Rejects where the office could not go on. */
  readonly closed: Promise<void>;
}

/** How long calls that are being answered have once the office has ended. */
const lastAnswersMs = 2000;

/**
 * Opens the door and works the office behind it. Resolves once both stand: the address is bound, and the
 * office has its place in the store. Throws UsageError `listen_failed`, `tls_unreadable`; HeldError
 * `serve_held`.
 */
export async function serve(
  office: Office,
  settings: ServeSettings,
  deps: ServeDeps,
): Promise<Serving> {
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
  };
  let working = false;
  // Browsers must be told the port, which is known once it is bound; nobody is answered before.
  const { server, address } = await openServer((...call) => app.fetch(...call), settings);
  const origin = originOf(settings, address.port);
  const app = createApp(office, settings, {
    clock: deps.clock,
    log: deps.log,
    stopping: stopping.signal,
    working: () => working,
    mirror: deps.mirror ?? null,
    web: { origin, logins: deps.logins ?? [] },
  });
  whenAborted(deps.signal, stop);
  const page = isNamed(origin) ? origin : null;
  const { worked } = await begin(office, page, stopping.signal).catch((error: unknown) => {
    closeAll(server);
    throw error;
  });
  working = true;
  watchHealth(office.receptions, deps.log, stopping.signal);
  const scheme = settings.tls === null ? 'http' : 'https';
  return {
    address,
    url: settings.url ?? `${scheme}://${hostInUrl(address.host)}:${address.port}`,
    origin,
    closed: close({ server, worked, stopping: stopping.signal, hurry: deps.hurry, stop }),
  };
}

/** Resolves once the office has its place. */
function begin(
  office: Office,
  page: string | null,
  signal: AbortSignal,
): Promise<{ readonly worked: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const ready = (): void => resolve({ worked });
    const worked = office.work(signal, { page, ready });
    worked.then(() => {
      resolve({ worked });
    }, reject);
  });
}

interface Closing {
  readonly server: Server;
  readonly worked: Promise<void>;
  readonly stopping: AbortSignal;
  readonly hurry: AbortSignal | undefined;
  readonly stop: () => void;
}

async function close({ server, worked, stopping, hurry, stop }: Closing): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    // Stops listening; connections that are being answered go on.
    whenAborted(stopping, () => {
      server.close(() => {
        resolve();
      });
    });
  });
  const hurried = new Promise<void>((resolve) => {
    whenAborted(hurry, resolve);
  });
  try {
    await Promise.race([worked, hurried]);
  } finally {
    // An office that could not go on takes the door with it: nobody would drive what it lets in.
    stop();
    const over = new AbortController();
    // A connection that was busy when the server stopped stays open for a next call that nobody answers.
    const sweep = setInterval(() => {
      server.closeIdleConnections();
    }, 20);
    await Promise.race([closed, hurried, sleep(lastAnswersMs, over.signal)]);
    clearInterval(sweep);
    over.abort();
    closeAll(server);
  }
}

function closeAll(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function whenAborted(signal: AbortSignal | undefined, then: () => void): void {
  if (signal?.aborted === true) {
    then();
  }
  signal?.addEventListener('abort', then, { once: true });
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
