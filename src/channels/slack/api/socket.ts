import type { ChatEvent } from '../../cards/chat-event.ts';
import type { Front } from '../../channel.ts';
import { socketEvidence } from '../clicks/evidence.ts';
import { type Inbox, openInbox, tellFailure } from '../clicks/inbox.ts';
import { readPayload } from '../clicks/payload.ts';
import { receive } from '../clicks/receive.ts';
import type { SlackSettings } from '../settings.ts';
import { holdSocket, type SocketOptions, type SocketState } from './hold-socket.ts';
import type { SlackApi } from './slack-api.ts';
import type { Envelope } from './socket-link.ts';

export interface ReceiveSocketOptions extends Pick<SocketOptions, 'pauseMs' | 'helloMs'> {
  readonly settings: Pick<SlackSettings, 'buttons' | 'matchEmail' | 'api' | 'pingTimeoutMs'>;
  readonly appToken: string;
  readonly api: SlackApi;
  readonly front: Front;
  readonly signal: AbortSignal;
  readonly onState: (state: SocketState) => void;
  readonly onEvent: (event: ChatEvent) => void;
  readonly working?: Inbox['working'];
}

/**
 * Takes clicks over Socket Mode until `signal` aborts, then resolves at once; what is being decided just
 * then is finished behind it. The app token proves that it is Slack who speaks. Never rejects.
 */
export async function receiveSocket(options: ReceiveSocketOptions): Promise<void> {
  const { settings, api, front, onEvent } = options;
  const inbox = openInbox({ settings, api, tell: onEvent, working: options.working });
  await holdSocket({
    ...options,
    api: settings.api,
    pingTimeoutMs: settings.pingTimeoutMs,
    clock: front.clock,
    onEnvelope: (envelope) => {
      take(inbox, front, envelope).catch((error: unknown) => tellFailure(inbox, null, error));
    },
  });
}

async function take(inbox: Inbox, front: Front, envelope: Envelope): Promise<void> {
  const first = inbox.seen.remember(`envelope:${envelope.id}`, front.clock.now().wallMs);
  if (!first) {
    await envelope.ack(null);
    return;
  }
  const payload = readPayload(envelope.payload);
  const { reply, act } = await receive(inbox, front, { payload, raw: socketEvidence(envelope) });
  // A connection that went away meanwhile keeps nobody from deciding.
  await envelope.ack(reply).catch((error: unknown) => tellFailure(inbox, null, error));
  await act();
}
