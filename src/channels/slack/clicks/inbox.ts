import { type ChatEvent, failureEvent } from '../../cards/chat-event.ts';
import { type Memory, openMemory } from '../../cards/memory.ts';
import type { SlackApi } from '../api/slack-api.ts';
import type { SlackSettings } from '../settings.ts';

/** What everything that comes in from Slack is taken with, by whichever way it came. */
export interface Inbox {
  readonly settings: Pick<SlackSettings, 'buttons' | 'matchEmail'>;
  readonly api: SlackApi;
  readonly tell: (event: ChatEvent) => void;
  /** What was acted on already. */
  readonly seen: Memory;
  /** What is being done about what came in. */
  readonly working: Set<Promise<unknown>>;
  /** Codes that each account typed. */
  readonly tries: Memory;
}

/** What a modal that was sent is answered with; null closes it. */
export type ViewReply = Readonly<Record<string, unknown>> & {
  readonly response_action: 'errors' | 'update';
};

/** Keeps the modal open, with this under the field of `block`. */
export function viewErrors(block: string, problem: string): ViewReply {
  return { response_action: 'errors', errors: { [block]: problem } };
}

/** Tells of what went wrong on the way, for whoever keeps the server. */
export function tellFailure(
  inbox: Pick<Inbox, 'tell'>,
  sender: string | null,
  error: unknown,
): void {
  inbox.tell(failureEvent(sender, error));
}

export function openInbox(
  of: Pick<Inbox, 'settings' | 'api' | 'tell'> & {
    readonly working?: Inbox['working'] | undefined;
  },
): Inbox {
  return {
    ...of,
    working: of.working ?? new Set(),
    // Slack sends again within minutes, if at all; the journal remembers for ever.
    seen: openMemory({ keepMs: 15 * 60_000, most: 10_000 }),
    tries: openMemory({ keepMs: 10 * 60_000, most: 10_000 }),
  };
}
