import type { Reception } from '../channels/channel.ts';
import type { Log } from './site.ts';

const everyMs = 5000;

/** Writes a line whenever a way to reach reviewers breaks or works again, until `signal` aborts. */
export function watchHealth(receptions: readonly Reception[], log: Log, signal: AbortSignal): void {
  const stood = new Map<string, boolean>();
  const look = (): void => {
    for (const reception of receptions) {
      const { name } = reception;
      const { ok, message, backlog } = reception.health();
      if ((stood.get(name) ?? true) !== ok) {
        log({ event: 'reception', name, ok, message, backlog });
      }
      stood.set(name, ok);
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
