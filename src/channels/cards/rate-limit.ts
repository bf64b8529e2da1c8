import { setTimeout } from 'node:timers/promises';
import { ChatError } from './chat-error.ts';

/** What one attempt at a call came to; a chat that is limiting says how long. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly result: T }
  | { readonly kind: 'limited'; readonly afterMs: number };

/**
 * Waits out a chat's rate limits, each kind of call for itself. Where the chat asks for more patience than
 * there is, that kind of call throws ChatError `rate_limited` at once until the time has come.
 */
export function openRateLimit(
  chat: string,
  patienceMs: number,
): <T>(kind: string, attempt: () => Promise<Attempt<T>>) => Promise<T> {
  const closedUntil = new Map<string, number>();
  return async (kind, attempt) => {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const openAt = closedUntil.get(kind) ?? 0;
      if (openAt > deadline) {
        throw new ChatError(chat, { code: 'rate_limited', passing: true });
      }
      await setTimeout(Math.max(0, openAt - performance.now()));
      const answer = await attempt();
      if (answer.kind === 'done') {
        return answer.result;
      }
      closedUntil.set(kind, performance.now() + answer.afterMs);
    }
  };
}
