import type { JsonObject } from '../../../base/json.ts';
import type { Answer, HttpEntrance } from '../../channel.ts';

export type Response = Awaited<ReturnType<HttpEntrance['handle']>>;

export function empty(status: number): Response {
  return { status, body: '', contentType: 'text/plain' };
}

/** Tells whoever clicked, and nobody else (learn.microsoft.com, "Universal Actions", `adaptiveCard/action`). */
export function tellClicker({ message, hint }: Pick<Answer, 'message' | 'hint'>): Response {
  const value = hint === null ? message : `${message}\n${hint}`;
  return invokeResponse({ type: 'application/vnd.microsoft.activity.message', value });
}

/** Shows whoever clicked the card as it is now; everybody else sees it once it is rewritten. */
export function showClicker(card: JsonObject): Response {
  return invokeResponse({ type: 'application/vnd.microsoft.card.adaptive', value: card });
}

function invokeResponse(of: JsonObject): Response {
  return {
    status: 200,
    body: JSON.stringify({ statusCode: 200, ...of }),
    contentType: 'application/json',
  };
}
