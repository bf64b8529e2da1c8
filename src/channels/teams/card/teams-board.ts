import * as v from 'valibot';
import type { Board, Deck } from '../../cards/board.ts';
import type { Notes } from '../../channel.ts';
import { teamsError } from '../api/ask.ts';
import type { TeamsApi, TeamsPlace } from '../api/teams-api.ts';
import { conversationFor } from '../conversations.ts';
import type { TeamsSettings } from '../settings.ts';
import { cardActivity, replyActivity } from './activity.ts';
import { requestCard, type TeamsMessage } from './request-card.ts';

/** The cards of Teams: a message is where it was posted, and its number there. */
export function teamsDeck(buttons: TeamsSettings['buttons']): Deck<TeamsPlace, TeamsMessage> {
  return {
    chat: 'Teams',
    buttons,
    place: v.object({ service_url: v.string(), conversation: v.string(), activity: v.string() }),
    same: (one, other) =>
      one.conversation === other.conversation && one.activity === other.activity,
    show: requestCard,
  };
}

/** Teams as a place for cards. `notes` have where the app was installed. */
export function openTeamsBoard(
  api: TeamsApi,
  settings: TeamsSettings,
  notes: Notes,
): Board<TeamsPlace, TeamsMessage> {
  return {
    ...teamsDeck(settings.buttons),
    post: async (environment, message) => {
      const to = await conversationFor(settings, notes, environment);
      if (to === null) {
        throw teamsError('no_conversation', true);
      }
      return api.post(to, cardActivity(message));
    },
    update: (place, message) => api.update(place, cardActivity(message)),
    reply: (place, pieces) => api.reply(place, replyActivity(pieces, settings.tenants)),
    gone: new Set([
      'ActivityNotFoundInConversation',
      'BotNotInConversationRoster',
      'ConversationNotFound',
    ]),
    tooLong: new Set(['MessageSizeTooBig', 'RequestEntityTooLarge', 'http_413']),
  };
}
