import { type SecretSource, secretSource, withoutInlineSecrets } from '../base/secret-source.ts';
import { type ParsedYaml, valueOf, type YamlNode } from '../base/yaml.ts';
import { list, object } from '../base/yaml-collections.ts';
import { boolean, text } from '../base/yaml-scalars.ts';
import {
  checkDocument,
  type Invalid,
  invalid,
  type Located,
  located,
  optional,
  type Place,
  refine,
  sectionOf,
} from '../base/yaml-schema.ts';

/** One issuer, as `login.oidc` in `config.yaml` names it. */
export interface IssuerSettings {
  /** Its own word in the address that it sends people back to, `/login/callback/example-sso`. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** Exactly as in its discovery document. */
  readonly issuer: string;
  readonly client: string;
  /** Null for a client that has none: PKCE is used either way. */
  readonly secret: SecretSource | null;
  /** Whether `runbook login` may send people there by device flow. */
  readonly device: boolean;
}

/** Reads the value of `login`. Throws InvalidFileError `config_invalid` with every problem and its place. */
export function parseLogin(section: ParsedYaml): readonly IssuerSettings[] {
  const oidc = valueOf(section.root, 'oidc');
  const items = oidc?.kind === 'list' ? oidc.items : [];
  const blank = (document: ParsedYaml, item: YamlNode): ParsedYaml =>
    withoutInlineSecrets(sectionOf(document, item), ['client_secret']);
  const { text: quotable } = items.reduce(blank, section);
  return checkDocument(loginFile, { ...section, text: quotable });
}

/** An issuer is compared letter by letter, so that nothing of it is written in another way than it says. */
const issuerUrl = refine(text({ example: 'https://login.example.com' }), (url, node, place) => {
  const problem = URL.canParse(url) ? whyNoIssuer(url) : 'it is not a URL';
  if (problem === null) {
    return url;
  }
  place.report(node.at, `\`${place.name}\` cannot be an issuer: ${problem}`, issuerHint);
  return invalid;
});

const issuerHint = 'copy `issuer` from ISSUER/.well-known/openid-configuration';

function whyNoIssuer(written: string): string | null {
  const { protocol, hostname, origin, pathname } = new URL(written);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname))) {
    return 'beyond this machine it must be https';
  }
  const plain = `${origin}${pathname}`;
  return plain === written || plain === `${written}/`
    ? null
    : 'it has more than a host and a path, or is not written as a browser writes it';
}

function isLoopback(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === 'localhost';
}

const idForm = /^[a-z][a-z0-9-]{0,59}$/;

const issuerFile = refine(
  object({
    id: optional(text({ pattern: idForm, example: 'example-sso' })),
    name: text({ pattern: /^[^\p{C}]{1,60}$/u, example: 'Example SSO' }),
    issuer: issuerUrl,
    client_id: text({ pattern: /^[\x21-\x7e]{1,200}$/, example: 'runbook' }),
    client_secret: optional(secretSource()),
    device: optional(boolean(), false),
  }),
  (
    { client_id: client, client_secret: secret, ...rest },
    node,
    place,
  ): IssuerSettings | Invalid => {
    const id = rest.id ?? idOf(rest.name);
    if (!idForm.test(id)) {
      const message = `the name \`${rest.name}\` makes no id`;
      place.report(node.at, message, 'write one of plain letters, `id: example-sso`');
      return invalid;
    }
    return { ...rest, id, client, secret };
  },
);

/** `Example SSO` is `example-sso`. */
function idOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

const loginFile = refine(
  object({ oidc: optional(list(located(issuerFile)), []) }),
  ({ oidc }, _node, place): readonly IssuerSettings[] => {
    refuseTwins(oidc, place);
    return oidc.map(({ value }) => value);
  },
);

function refuseTwins(issuers: readonly Located<IssuerSettings>[], place: Place): void {
  for (const [index, { value, node }] of issuers.entries()) {
    const earlier = issuers.slice(0, index).map((it) => it.value);
    if (earlier.some(({ issuer }) => issuer === value.issuer)) {
      place.report(node.at, `the issuer \`${value.issuer}\` stands here twice`);
    } else if (earlier.some(({ name }) => name === value.name)) {
      place.report(node.at, `two issuers are named \`${value.name}\``);
    } else if (earlier.some(({ id }) => id === value.id)) {
      place.report(
        node.at,
        `two issuers have the id \`${value.id}\``,
        'give one of them another `id`',
      );
    }
  }
}
