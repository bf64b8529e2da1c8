import type { JsonObject } from '../../base/json.ts';
import { linkModal } from './button-ids.ts';

/**
 * The app as Slack's "From a manifest" takes it (docs.slack.dev, "App manifests"). With `url` Slack calls
 * the server at that address; without one clicks come over a socket that we open. Interactivity is on in
 * both: without it a click reaches nobody, Socket Mode or not.
 */
export function slackManifest({ url }: { readonly url: string | null }): JsonObject {
  const interactivity: JsonObject =
    url === null
      ? { is_enabled: true }
      : { is_enabled: true, request_url: `${url.replace(/\/$/, '')}/slack/interactivity` };
  return {
    display_information: {
      name: 'runbook',
      description: 'Asks before anything privileged runs',
      background_color: '#1f2937',
    },
    features: {
      app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'runbook', always_online: false },
      shortcuts: [
        {
          name: 'Link my runbook account',
          type: 'global',
          callback_id: linkModal.callbackId,
          description: 'Ties this Slack account to a person who may approve',
        },
      ],
    },
    oauth_config: { scopes: { bot: botScopes } },
    settings: {
      interactivity,
      org_deploy_enabled: false,
      socket_mode_enabled: url === null,
      token_rotation_enabled: false,
    },
  };
}

/** `chat:write` posts, `users:read` looks who clicked, the next two look at the channel, the last is the shortcut's. */
const botScopes = ['chat:write', 'users:read', 'channels:read', 'groups:read', 'commands'];
