/**
 * Where to look when Microsoft refuses, by its own error code (learn.microsoft.com, "Bot Connector REST API"
 * and "AADSTS error codes"). Null where the code says all there is to say.
 */
export function explainTeamsCode(code: string): string | null {
  return Object.hasOwn(places, code) ? (places[code] ?? null) : null;
}

const registration = 'portal.azure.com, App registrations, your app,';
const install = 'in Teams, open the team, Manage team, Apps, and add the app there';

const places: Readonly<Record<string, string>> = {
  no_conversation: `the app is in no team and no group chat: ${install}; or write \`conversation\``,
  invalid_client: `${registration} Certificates & secrets: make a new client secret, and put its Value (not its Secret ID) where config.yaml says`,
  unauthorized_client: `is \`app_id\` the Application (client) id? ${registration} Overview`,
  invalid_request: `is \`app_tenant\` the Directory (tenant) id of the app? ${registration} Overview`,
  BotNotInConversationRoster: install,
  ConversationNotFound: `is it the id (19:…) of a conversation that the app is in? ${install}`,
  ForbiddenOperationException: install,
  http_401:
    'does the Azure Bot have the same App ID as `app_id`, and the channel Microsoft Teams switched on?',
  http_403: install,
  service_not_allowed: 'only services of Microsoft Teams are called',
  unreachable:
    'can this host reach https://login.microsoftonline.com and https://smba.trafficmanager.net? Proxy variables are not read',
  timeout:
    'can this host reach https://login.microsoftonline.com and https://smba.trafficmanager.net? Proxy variables are not read',
};
