/**
 * The few calls of Slack's Web API that we make. Every call may throw `ChatError`, with Slack's own codes (`channel_not_found`); nothing else.
 * Times out after 10 s each; a rate limit is waited out inside, at most `patienceMs`.
 */
export interface SlackApi {
  /** `auth.test`, and `bots.info` for the app's id where the token may ask it. */
  whoAmI(): Promise<SlackSelf>;
  post(message: SlackMessage): Promise<SlackPlace>;
  update(place: SlackPlace, message: Omit<SlackMessage, 'channel' | 'thread'>): Promise<void>;
  /** A message that only this user sees (`chat.postEphemeral`). `text` is plain: no markup is read. */
  whisper(to: {
    readonly channel: string;
    readonly user: string;
    readonly text: string;
    readonly thread?: string;
  }): Promise<void>;
  /** A direct message to a user, plain as well. */
  message(user: string, text: string): Promise<void>;
  /** Opens a modal; a trigger lives three seconds. */
  openView(trigger: string, view: SlackView): Promise<void>;
  user(id: string): Promise<SlackUser>;
  channel(
    id: string,
  ): Promise<{ readonly name: string; readonly member: boolean; readonly archived: boolean }>;
}

export interface SlackSelf {
  readonly team: string;
  readonly enterprise: string | null;
  readonly botUser: string;
  /** Null where the token may not ask. */
  readonly app: string | null;
  /** From the `x-oauth-scopes` header. */
  readonly scopes: readonly string[];
}

export interface SlackMessage {
  readonly channel: string;
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  /** `ts` of the message whose thread it belongs to. */
  readonly thread?: string;
}

/** A message is where it was posted and when. */
export interface SlackPlace {
  readonly channel: string;
  readonly ts: string;
}

/** Facts of `users.info` that decide whether a click counts. */
export interface SlackUser {
  readonly id: string;
  readonly team: string;
  readonly enterprise: string | null;
  readonly name: string;
  readonly deleted: boolean;
  readonly bot: boolean;
  readonly guest: boolean;
  readonly stranger: boolean;
  /** Confirmed address, lower case; null where it is not confirmed or the scope is missing. */
  readonly email: string | null;
}

/** A Block Kit block or view as JSON; `blocks.ts` makes them within Slack's limits. */
export type SlackBlock = Readonly<Record<string, unknown>> & { readonly type: string };
export type SlackView = Readonly<Record<string, unknown>> & { readonly type: 'modal' };
