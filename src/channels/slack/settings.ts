import { type SecretSource, secretSource, withoutInlineSecrets } from '../../base/secret-source.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import { list, object } from '../../base/yaml-collections.ts';
import { boolean, duration, oneOf, text } from '../../base/yaml-scalars.ts';
import { checkDocument, type Invalid, invalid, optional, refine } from '../../base/yaml-schema.ts';
import type { Buttons } from '../cards/board.ts';

/** `channels.slack` of `config.yaml`. */
export interface SlackSettings {
  /** Where cards go unless a route says otherwise: `C0123ABCD`. */
  readonly channel: string;
  /** The first route of an environment counts. */
  readonly routes: readonly { readonly environment: string; readonly channel: string }[];
  readonly botToken: SecretSource;
  readonly clicks: ClickTransport;
  /** On which cards Approve and Reject stand. Opt-in: a link alone is the default. */
  readonly buttons: Buttons;
  /** A click of an account that is nobody's may count by its confirmed address. */
  readonly matchEmail: boolean;
  /** Base of the Web API, with a slash at its end. */
  readonly api: string;
  /** How long the socket may leave a ping unanswered. */
  readonly pingTimeoutMs: number;
}

/** How Slack hands us clicks: over a socket that we open, as calls of our server, or not at all. */
export type ClickTransport =
  | { readonly kind: 'none' }
  | { readonly kind: 'socket'; readonly appToken: SecretSource }
  | { readonly kind: 'http'; readonly signingSecret: SecretSource };

/**
 * Reads the value of `channels.slack`. Throws InvalidFileError `config_invalid` (exit 2) with every
 * problem and its place.
 */
export function parseSlackSettings(section: ParsedYaml): SlackSettings {
  const document = withoutInlineSecrets(section, ['bot_token', 'app_token', 'signing_secret']);
  return checkDocument(slackFile, document);
}

/** The channel that cards of this environment go to. */
export function channelFor(
  { routes, channel }: Pick<SlackSettings, 'routes' | 'channel'>,
  environment: string,
): string {
  return routes.find((route) => route.environment === environment)?.channel ?? channel;
}

const channelId = text({ pattern: /^[CG][A-Z0-9]+$/, example: 'C0123ABCD' });

const route = object({
  environment: text({ pattern: /^[a-z][a-z0-9_-]*$/, example: 'prod' }),
  channel: channelId,
});

/** Tokens go to this address: any but Slack's own must be this machine, and a test. */
const loopback = refine(text(), (address, node, place): string | Invalid => {
  if (/^http:\/\/127\.0\.0\.1:\d+\/([\w./-]*\/)?$/.test(address)) {
    return address;
  }
  const message = `\`${place.name}\` is for tests and must look like \`http://127.0.0.1:4003/api/\``;
  place.report(node.at, message, 'leave it out: Slack is at https://slack.com/api/');
  return invalid;
});

const written = object({
  channel: channelId,
  bot_token: secretSource(),
  app_token: optional(secretSource()),
  signing_secret: optional(secretSource()),
  buttons: optional(oneOf('off', 'unprotected', 'everywhere'), 'off'),
  match_email: optional(boolean(), false),
  routes: optional(list(route), []),
  api: optional(loopback, 'https://slack.com/api/'),
  ping_timeout: optional(duration(), 15_000),
});

const slackFile = refine(written, (file, node, place): SlackSettings | Invalid => {
  const { app_token: appToken, signing_secret: signingSecret, buttons } = file;
  if (appToken !== null && signingSecret !== null) {
    const message = '`app_token` and `signing_secret` exclude each other';
    place.report(
      node.at,
      message,
      'Slack sends clicks either over a socket (`app_token`) or to a URL (`signing_secret`), never both',
    );
    return invalid;
  }
  const clicks = transportOf(appToken, signingSecret);
  if (clicks.kind === 'none' && buttons !== 'off') {
    place.report(
      node.at,
      `\`buttons: ${buttons}\` needs \`app_token\` or \`signing_secret\``,
      'without one no click reaches us',
    );
    return invalid;
  }
  return {
    channel: file.channel,
    routes: file.routes,
    botToken: file.bot_token,
    clicks,
    buttons,
    matchEmail: file.match_email,
    api: file.api,
    pingTimeoutMs: file.ping_timeout,
  };
});

function transportOf(
  appToken: SecretSource | null,
  signingSecret: SecretSource | null,
): ClickTransport {
  if (appToken !== null) {
    return { kind: 'socket', appToken };
  }
  return signingSecret === null ? { kind: 'none' } : { kind: 'http', signingSecret };
}
