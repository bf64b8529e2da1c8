import * as v from 'valibot';
import type { Board, Deck } from '../../cards/board.ts';
import type { Piece } from '../../cards/piece.ts';
import { plainWords } from '../../cards/plain-words.ts';
import type { SlackApi, SlackPlace, SlackSelf } from '../api/slack-api.ts';
import { channelFor, type SlackSettings } from '../settings.ts';
import { inlines, line, richText } from './blocks.ts';
import { type MessageBody, messageOf } from './message.ts';

/** Slack's cards: a message is where it was posted and when. */
export function slackDeck(buttons: SlackSettings['buttons']): Deck<SlackPlace, MessageBody> {
  return {
    chat: 'Slack',
    buttons,
    place: v.object({ channel: v.string(), ts: v.string() }),
    same: (one, other) => one.channel === other.channel && one.ts === other.ts,
    show: (standing, look) => {
      const { text, blocks, fits, offers } = messageOf(standing, look);
      return { message: { text, blocks }, fits, offers };
    },
  };
}

/** Slack as a place for cards. */
export function openSlackBoard(
  api: SlackApi,
  settings: Pick<SlackSettings, 'channel' | 'routes' | 'buttons'>,
): Board<SlackPlace, MessageBody> {
  return {
    ...slackDeck(settings.buttons),
    post: (environment, message) =>
      api.post({ channel: channelFor(settings, environment), ...message }),
    update: (place, message) => api.update(place, message),
    reply: async ({ channel, ts }, pieces) => {
      const self = pieces.some(({ kind }) => kind === 'mention') ? await api.whoAmI() : null;
      await api.post({ channel, thread: ts, ...threadReply(pieces, self) });
    },
    gone: new Set(['message_not_found', 'cant_update_message', 'thread_not_found']),
    tooLong: new Set([
      'invalid_blocks',
      'invalid_blocks_format',
      'msg_blocks_too_long',
      'msg_too_long',
    ]),
  };
}

/** One answer in a card's thread, with those whom it calls. */
export function threadReply(pieces: readonly Piece[], self: SlackSelf | null): MessageBody {
  const text = pieces.map((piece) => (piece.kind === 'words' ? piece.text : '')).join('');
  return {
    text: plainWords(text.trim(), 300),
    blocks: [richText([line(...inlines(pieces, self))])],
  };
}
