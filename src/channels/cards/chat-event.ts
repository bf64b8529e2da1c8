import { RunbookError } from '../../base/errors.ts';
import { ChatError } from './chat-error.ts';

/** One thing that came in from a chat, for logs and metrics. Holds no token, no reason and no name of the chat's. */
export interface ChatEvent {
  readonly kind: 'recorded' | 'refused' | 'opened' | 'linking' | 'ignored' | 'failed';
  /** Stable: an answer's code, or one of ours (`wrong_workspace`, `card_incomplete`). */
  readonly code: string;
  readonly message: string;
  /** `slack:T0123ABCD/U0123ABCD` as it came; null where nobody was named. */
  readonly sender: string | null;
}

/** What went wrong on the way, for whoever keeps the server. */
export function failureEvent(sender: string | null, error: unknown): ChatEvent {
  const known = error instanceof RunbookError || error instanceof ChatError;
  const code = known ? error.code : 'internal';
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', code, message, sender };
}
