/**
 * Where to look when Slack refuses, by its own error code (docs.slack.dev, each method's "Errors"). Null
 * where the code says all there is to say.
 */
export function explainSlackCode(code: string): string | null {
  return places[code] ?? null;
}

const app = 'api.slack.com/apps, your app,';

const invite = 'in the channel, write `/invite @runbook`';
const reinstall = `${app} OAuth & Permissions: install it anew and put the new Bot User OAuth Token (xoxb-…) where config.yaml says`;

const places: Readonly<Record<string, string>> = {
  channel_not_found:
    "is it the id (C…) from the channel's details? A private channel is unknown to an app that is not in it: write `/invite @runbook` there",
  not_in_channel: invite,
  is_archived: 'unarchive the channel, or name another in config.yaml',
  restricted_action: 'a workspace rule keeps apps from posting there: ask its owner',
  invalid_auth: reinstall,
  not_authed: reinstall,
  account_inactive: reinstall,
  token_revoked: reinstall,
  token_expired: `${app} OAuth & Permissions: token rotation must be off`,
  not_allowed_token_type:
    '`bot_token` is the xoxb- token of OAuth & Permissions, `app_token` the xapp- token of Basic Information',
  missing_scope: `${app} OAuth & Permissions, Bot Token Scopes: chat:write, users:read, channels:read, groups:read; then install it anew`,
  unreachable: 'can this host reach https://slack.com? Proxy variables are not read',
  timeout: 'can this host reach https://slack.com? Proxy variables are not read',
};
