import { decodeUtf8 } from '../../../base/utf8.ts';
import type { ChatEvent } from '../../cards/chat-event.ts';
import { openMemory } from '../../cards/memory.ts';
import type { Front, HttpEntrance } from '../../channel.ts';
import type { SlackApi } from '../api/slack-api.ts';
import type { SlackSettings } from '../settings.ts';
import { httpEvidence } from './evidence.ts';
import { type Inbox, openInbox, tellFailure, type ViewReply } from './inbox.ts';
import { parsePayload } from './payload.ts';
import { receive } from './receive.ts';
import { readClaim, verifySignature, windowMs } from './signature.ts';

export interface EntranceOptions {
  readonly settings: Pick<SlackSettings, 'buttons' | 'matchEmail'>;
  readonly signingSecret: string;
  readonly api: SlackApi;
  /** Null while no front attends: then nothing can be decided, and Slack is told so. */
  readonly front: () => Front | null;
  readonly onEvent: (event: ChatEvent) => void;
  readonly working?: Inbox['working'];
}

/**
 * Where Slack calls us (the app's Request URL). 401 without a good signature of the last five minutes;
 * 503 while nobody attends; else 200 at once, with what a modal is to show, and the work after it. The
 * same signed call again is answered 200 and does nothing, a retry of Slack's (`x-slack-retry-num`) too.
 */
export function slackEntrance(options: EntranceOptions): HttpEntrance {
  const { settings, api, onEvent, signingSecret } = options;
  const inbox = openInbox({ settings, api, tell: onEvent, working: options.working });
  // Twice the window: a signature from five minutes ahead is good for ten.
  const calls = openMemory({ keepMs: 2 * windowMs, most: 10_000 });
  return {
    path: '/slack/interactivity',
    admits(headers) {
      const front = options.front();
      return front !== null && readClaim(headers, front.clock.now().wallMs).kind === 'claimed';
    },
    async handle(request) {
      const front = options.front();
      if (front === null) {
        return empty(503);
      }
      const nowMs = front.clock.now().wallMs;
      const verdict = verifySignature(signingSecret, request, nowMs);
      if (verdict.kind === 'forged') {
        onEvent({ kind: 'refused', code: 'bad_signature', message: verdict.reason, sender: null });
        return empty(401);
      }
      if (!calls.remember(verdict.signature, nowMs)) {
        onEvent({ kind: 'ignored', code: 'replayed', message: 'a call of before', sender: null });
        return empty(200);
      }
      const decoded = decodeUtf8(request.body);
      if (!('text' in decoded)) {
        onEvent({ kind: 'ignored', code: 'ignored', message: 'not UTF-8', sender: null });
        return empty(400);
      }
      return answer(inbox, front, { ...verdict, body: decoded.text });
    },
  };
}

async function answer(
  inbox: Inbox,
  front: Front,
  call: { readonly timestamp: string; readonly signature: string; readonly body: string },
): Promise<Response> {
  const { timestamp, signature, body } = call;
  const payload = parsePayload(new URLSearchParams(body).get('payload') ?? '');
  const raw = httpEvidence({ timestamp, signature, body });
  try {
    const { reply, act } = await receive(inbox, front, { payload, raw });
    void act();
    return reply === null ? empty(200) : json(reply);
  } catch (error) {
    tellFailure(inbox, null, error);
    return empty(500);
  }
}

type Response = Awaited<ReturnType<HttpEntrance['handle']>>;

function empty(status: number): Response {
  return { status, body: '', contentType: 'text/plain' };
}

function json(reply: ViewReply): Response {
  return { status: 200, body: JSON.stringify(reply), contentType: 'application/json' };
}
