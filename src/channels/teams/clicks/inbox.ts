import type { ChatEvent } from '../../cards/chat-event.ts';
import { type Memory, openMemory } from '../../cards/memory.ts';
import type { TeamsApi } from '../api/teams-api.ts';
import type { TeamsSettings } from '../settings.ts';
import type { Response } from './answers.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** What everything that comes in from Teams is taken with. */
export interface Inbox {
  readonly settings: TeamsSettings;
  readonly api: TeamsApi;
  /** Null believes calls without a token, which only a test may. */
  readonly keys: IssuerKeys | null;
  readonly tell: (event: ChatEvent) => void;
  /** What something came of: the same again does nothing. What decided nothing is judged anew. */
  readonly seen: Memory;
  /** Clicks that are being decided, by the event that names them: the same again waits for the same answer. */
  readonly deciding: Map<string, Promise<Response>>;
  /** What is being done about what came in. */
  readonly working: Set<Promise<unknown>>;
}

export function openInbox(of: Omit<Inbox, 'seen' | 'deciding'>): Inbox {
  // As long as a token is good, and some more; the journal remembers for ever.
  const seen = openMemory({ keepMs: 2 * 3_600_000, most: 10_000 });
  return { ...of, seen, deciding: new Map() };
}
