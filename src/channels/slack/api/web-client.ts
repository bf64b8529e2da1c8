import * as v from 'valibot';
import { sanitizeBlock } from '../../../base/sanitize.ts';
import { ChatError } from '../../cards/chat-error.ts';
import { openPace } from '../../cards/pace.ts';
import { plainWords } from '../../cards/plain-words.ts';
import { plainText } from '../card/escape.ts';
import { type SlackApi, type SlackMessage, type SlackSelf, type SlackUser } from './slack-api.ts';
import { type Call, openCall, type SlackAccess, slackError } from './web-call.ts';

export interface SlackClientOptions extends SlackAccess {
  /** Between two messages to one channel: Slack takes one a second (docs.slack.dev, "Rate limits"). */
  readonly paceMs?: number;
}

/** Slack's Web API over `@slack/web-api`, which is loaded with the first call. */
export function openSlackApi(options: SlackClientOptions): SlackApi {
  const call = openCall(options);
  const turn = openPace(options.paceMs ?? 1_000);
  return {
    whoAmI: () => askWhoIAm(call),
    post: async (message) => {
      await turn(message.channel);
      const place = read(posted, await call('chat.postMessage', messageArgs(message)));
      return { channel: place.channel, ts: place.ts };
    },
    update: async ({ channel, ts }, message) => {
      await call('chat.update', { ...messageArgs({ ...message, channel }), ts });
    },
    whisper: async ({ channel, user, text, thread }) => {
      await call('chat.postEphemeral', { ...wordArgs(channel, text), user, thread_ts: thread });
    },
    message: async (user, text) => {
      await turn(user);
      await call('chat.postMessage', wordArgs(user, text));
    },
    openView: async (trigger, view) => {
      await call('views.open', { trigger_id: trigger, view });
    },
    user: async (id) => toUser(read(asked, await call('users.info', { user: id })).user),
    channel: async (id) => {
      const { channel } = read(conversation, await call('conversations.info', { channel: id }));
      return { name: channel.name, member: channel.is_member, archived: channel.is_archived };
    },
  };
}

/** Nothing in the text becomes a mention or a link, and nothing that it names is fetched and shown. */
const asWritten = { parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false };

function messageArgs({ channel, text, blocks, thread }: SlackMessage): Record<string, unknown> {
  return { ...asWritten, channel, text, blocks, thread_ts: thread };
}

/** Words without markup, whatever they hold. */
function wordArgs(channel: string, words: string): Record<string, unknown> {
  const text = plainText(sanitizeBlock(words), 3_000);
  const blocks = [{ type: 'section', text }];
  return { ...asWritten, channel, text: plainWords(words, 300), blocks };
}

async function askWhoIAm(call: Call): Promise<SlackSelf> {
  const self = read(identity, await call('auth.test', {}));
  return {
    team: self.team_id,
    enterprise: self.enterprise_id,
    botUser: self.user_id,
    app: self.bot_id === null ? null : await askApp(call, self.bot_id),
    scopes: self.response_metadata.scopes,
  };
}

/** Null where the token may not ask: then no payload can be held against the app. */
async function askApp(call: Call, bot: string): Promise<string | null> {
  try {
    return read(botInfo, await call('bots.info', { bot })).bot.app_id;
  } catch (error) {
    if (error instanceof ChatError && !error.passing) {
      return null;
    }
    throw error;
  }
}

const absent = v.optional(v.nullable(v.string()), null);
const flag = v.optional(v.boolean(), false);

const posted = v.object({ channel: v.string(), ts: v.string() });

const identity = v.object({
  team_id: v.string(),
  enterprise_id: absent,
  user_id: v.string(),
  bot_id: absent,
  response_metadata: v.optional(v.object({ scopes: v.optional(v.array(v.string()), []) }), {}),
});

const botInfo = v.object({ bot: v.object({ app_id: absent }) });

const conversation = v.object({
  channel: v.object({ name: v.optional(v.string(), ''), is_member: flag, is_archived: flag }),
});

const userFacts = v.object({
  id: v.string(),
  team_id: v.optional(v.string(), ''),
  enterprise_user: v.optional(v.object({ enterprise_id: absent }), {}),
  name: v.optional(v.string(), ''),
  real_name: v.optional(v.string(), ''),
  deleted: flag,
  is_bot: flag,
  is_restricted: flag,
  is_ultra_restricted: flag,
  is_stranger: flag,
  is_email_confirmed: flag,
  profile: v.optional(v.object({ email: absent }), {}),
});

const asked = v.object({ user: userFacts });

function toUser(user: v.InferOutput<typeof userFacts>): SlackUser {
  const { email } = user.profile;
  return {
    id: user.id,
    team: user.team_id,
    enterprise: user.enterprise_user.enterprise_id,
    name: user.real_name === '' ? user.name : user.real_name,
    deleted: user.deleted,
    // Slackbot says of itself that it is none.
    bot: user.is_bot || user.id === 'USLACKBOT',
    guest: user.is_restricted || user.is_ultra_restricted,
    stranger: user.is_stranger,
    email: user.is_email_confirmed && email !== null ? email.toLowerCase() : null,
  };
}

/** An answer without what Slack promises is no answer. */
function read<T>(schema: v.GenericSchema<unknown, T>, answer: unknown): T {
  const result = v.safeParse(schema, answer);
  if (result.success) {
    return result.output;
  }
  throw slackError('answer_unreadable', true);
}
