import { type SecretSource, secretSource, withoutInlineSecrets } from '../../base/secret-source.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import { list, object } from '../../base/yaml-collections.ts';
import { boolean, oneOf, text } from '../../base/yaml-scalars.ts';
import { checkDocument, type Invalid, invalid, optional, refine } from '../../base/yaml-schema.ts';
import type { Buttons } from '../cards/board.ts';

/** `channels.teams` of `config.yaml`. */
export interface TeamsSettings {
  /** The bot's Microsoft App ID. */
  readonly appId: string;
  readonly clientSecret: SecretSource;
  /** Whose people decide: Microsoft Entra tenants. */
  readonly tenants: readonly string[];
  /** Where cards go unless a route says otherwise; null is where the app was installed first. */
  readonly conversation: string | null;
  /** The first route of an environment counts. */
  readonly routes: readonly { readonly environment: string; readonly conversation: string }[];
  /** On which cards Approve and Reject stand. Opt-in: a link alone is the default. */
  readonly buttons: Buttons;
  readonly microsoft: Microsoft;
}

/** Where Microsoft is: these addresses are given the client secret, tokens and cards, and believed. */
export interface Microsoft {
  /** Issues our token (OAuth 2.0 client credentials); null sends none, which only a test may. */
  readonly tokenUrl: string | null;
  /** OpenID metadata of whoever calls us; null believes calls without a token, which only a test may. */
  readonly metadataUrl: string | null;
  /** The one service of a test; null allows Microsoft's own. */
  readonly serviceUrl: string | null;
}

/**
 * Reads the value of `channels.teams`. Throws InvalidFileError `config_invalid` (exit 2) with every
 * problem and its place.
 */
export function parseTeamsSettings(section: ParsedYaml): TeamsSettings {
  return checkDocument(teamsFile, withoutInlineSecrets(section, ['client_secret']));
}

/** What is written of where cards of this environment go; null where nothing is. */
export function writtenConversation(
  { routes, conversation }: Pick<TeamsSettings, 'routes' | 'conversation'>,
  environment: string,
): string | null {
  return routes.find((route) => route.environment === environment)?.conversation ?? conversation;
}

const guid = text({
  pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  example: '0f0e0d0c-0b0a-0908-0706-050403020100',
});

/** As an activity has it. Of a channel, the id of its posts' thread is cut off: a card begins one. */
const conversationId = text({ pattern: /^[\w:@.\-+=]{3,300}$/, example: '19:…@thread.tacv2' });

const route = object({
  environment: text({ pattern: /^[a-z][a-z0-9_-]*$/, example: 'prod' }),
  conversation: conversationId,
});

/** Secrets go to these addresses: any but Microsoft's own must be this machine, and a test. */
const loopback = refine(text(), (address, node, place): string | Invalid => {
  if (/^http:\/\/127\.0\.0\.1:\d{1,5}\/[\w./-]*$/.test(address)) {
    return address;
  }
  const message = `\`${place.name}\` is for tests and must look like \`http://127.0.0.1:4003/token\``;
  place.report(node.at, message, 'leave `test` out: where Microsoft is, is known');
  return invalid;
});

/** A counterpart on this machine in Microsoft's place: all of it, or none. */
const counterpart = refine(
  object({
    service_url: loopback,
    token_url: optional(loopback),
    metadata_url: optional(loopback),
    unauthenticated: optional(boolean(), false),
  }),
  (written, node, place): Microsoft | Invalid => {
    if (written.unauthenticated === (written.metadata_url === null)) {
      return {
        tokenUrl: written.token_url,
        metadataUrl: written.metadata_url,
        serviceUrl: written.service_url,
      };
    }
    const message = '`test` needs either `metadata_url` or `unauthenticated: true`';
    place.report(node.at, message, 'leave `test` out: where Microsoft is, is known');
    return invalid;
  },
);

const written = object({
  app_id: guid,
  client_secret: secretSource(),
  tenants: list(guid, { min: 1 }),
  app_tenant: optional(guid),
  conversation: optional(conversationId),
  routes: optional(list(route), []),
  buttons: optional(oneOf('off', 'unprotected', 'everywhere'), 'off'),
  test: optional(counterpart),
});

const teamsFile = refine(written, (file): TeamsSettings => {
  const home = file.app_tenant ?? file.tenants[0] ?? '';
  return {
    appId: file.app_id,
    clientSecret: file.client_secret,
    tenants: file.tenants,
    conversation: file.conversation,
    routes: file.routes,
    buttons: file.buttons,
    microsoft: file.test ?? {
      tokenUrl: `https://login.microsoftonline.com/${home}/oauth2/v2.0/token`,
      metadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
      serviceUrl: null,
    },
  };
});
