import type { JsonObject } from '../../../base/json.ts';

/**
 * The few calls of the Bot Connector that we make (learn.microsoft.com, "Bot Connector REST API"). Every call
 * may throw `ChatError`, with the connector's own codes (`BotNotInConversationRoster`); nothing else. Times
 * out after 10 s each; a rate limit is waited out inside, at most `patienceMs`.
 */
export interface TeamsApi {
  /** Whether Microsoft gives the app a token. */
  authenticate(): Promise<void>;
  post(to: Conversation, activity: JsonObject): Promise<TeamsPlace>;
  update(place: TeamsPlace, activity: JsonObject): Promise<void>;
  /** Answers a message: in a channel below it, in a chat after it. */
  reply(to: TeamsPlace, activity: JsonObject): Promise<void>;
  /** Somebody of a conversation, by their id there (`29:…`). */
  member(at: Conversation, id: string): Promise<TeamsMember>;
  /** Whether the app is in the conversation: asks for its members. */
  look(at: Conversation): Promise<void>;
}

/** A chat, or a channel. Its service is part of it: each part of the world has its own. */
export interface Conversation {
  readonly service_url: string;
  /** `19:…@thread.tacv2`, `a:…`; without the thread of a channel. */
  readonly conversation: string;
}

/** A message is where it was posted, and its number there. */
export interface TeamsPlace extends Conversation {
  readonly activity: string;
}

/** Facts that decide whether a click counts. */
export interface TeamsMember {
  /** The object id in Microsoft Entra ID; null where Teams does not say it. */
  readonly object: string | null;
  readonly tenant: string | null;
  /** `user`, `guest`, `anonymous`; null where Teams does not say it. */
  readonly role: string | null;
}

/** A channel's conversation names its thread: `19:…@thread.tacv2;messageid=1700000000000`. */
export function withoutThread(conversation: string): string {
  return conversation.replace(/;messageid=\d+$/, '');
}
