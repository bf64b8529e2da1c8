import type { Clock } from '../../base/clock.ts';
import { holdSocket, type SocketState } from './api/hold-socket.ts';
import { openCall } from './api/web-call.ts';
import type { SlackSettings } from './settings.ts';

/** How long Slack has to say hello. */
const helloMs = 15_000;

/**
 * One connection until it stands or does not. Where nobody receives, a click may come to it: left
 * unanswered, so that Slack tells whoever clicked.
 */
export async function trySocket(of: {
  readonly settings: Pick<SlackSettings, 'api' | 'pingTimeoutMs'>;
  readonly appToken: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): Promise<SocketState> {
  const { settings, appToken, clock, signal } = of;
  const over = new AbortController();
  let last: SocketState = { kind: 'connecting' };
  await holdSocket({
    appToken,
    api: settings.api,
    pingTimeoutMs: settings.pingTimeoutMs,
    clock,
    signal: AbortSignal.any([signal, over.signal, AbortSignal.timeout(helloMs)]),
    onEnvelope: () => undefined,
    onState: (state) => {
      last = state;
      if (state.kind !== 'connecting') {
        over.abort();
      }
    },
  });
  return last;
}

/** Whether Slack would give this token a connection; none is made. Throws ChatError. */
export async function askForSocket(
  { api: url }: Pick<SlackSettings, 'api'>,
  token: string,
): Promise<void> {
  await openCall({ token, url, patienceMs: 0 })('apps.connections.open', {});
}
