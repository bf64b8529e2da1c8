import { isAbsolute } from 'node:path';
import { type SecretSource, secretSource, withoutInlineSecrets } from '../../base/secret-source.ts';
import { type ParsedYaml, valueOf } from '../../base/yaml.ts';
import { list, object } from '../../base/yaml-collections.ts';
import { integer, oneOf, text } from '../../base/yaml-scalars.ts';
import {
  checkDocument,
  type Invalid,
  invalid,
  optional,
  refine,
  sectionOf,
} from '../../base/yaml-schema.ts';

/** `channels.email` of `config.yaml`. */
export interface EmailSettings {
  /** The address that mails come from; its domain is that of their ids. */
  readonly from: string;
  readonly smtp: SmtpSettings;
  /** Who is told of requests unless a route says otherwise; null: everybody who may decide. */
  readonly to: Audience | null;
  /** The first route of an environment counts. */
  readonly routes: readonly { readonly environment: string; readonly to: Audience }[];
}

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** `off` only to this machine. */
  readonly tls: 'implicit' | 'starttls' | 'off';
  /** Authorities that the server's certificate may come from, as a file; null: those of the system. */
  readonly ca: string | null;
  readonly login: { readonly user: string; readonly password: SecretSource } | null;
}

/** Of those who may decide whoever is in one of the groups; and addresses, such as a list's, whatever happens. */
export interface Audience {
  readonly groups: readonly string[];
  readonly addresses: readonly string[];
}

/**
 * Reads the value of `channels.email`. Throws InvalidFileError `config_invalid` (exit 2) with every problem
 * and its place.
 */
export function parseEmailSettings(section: ParsedYaml): EmailSettings {
  const smtp = valueOf(section.root, 'smtp') ?? section.root;
  const { text: quotable } = withoutInlineSecrets(sectionOf(section, smtp), ['password']);
  return checkDocument(emailFile, { ...section, text: quotable });
}

/** Who is told of requests in this environment; null is everybody who may decide. */
export function audienceOf({ routes, to }: EmailSettings, environment: string): Audience | null {
  return routes.find((route) => route.environment === environment)?.to ?? to;
}

/** What a mail can go to: anything else could stand for two addresses, or end a line of SMTP. */
export function isAddress(address: string): boolean {
  return /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(address);
}

const address = refine(text({ example: 'runbook@example.com' }), (it, node, place) => {
  if (isAddress(it)) {
    return it;
  }
  place.report(node.at, `\`${place.name}\` must be an address such as \`runbook@example.com\``);
  return invalid;
});

const audience = refine(
  list(text({ example: 'group:sre' }), { min: 1 }),
  (entries, node, place): Audience | Invalid => {
    const groups = entries.filter((it) => it.startsWith('group:'));
    const addresses = entries.filter((it) => !groups.includes(it));
    const odd = addresses.find((it) => !isAddress(it));
    if (odd === undefined) {
      return { groups: groups.map((it) => it.slice('group:'.length)), addresses };
    }
    const hint = 'a person is told by an address in `people.yaml`';
    place.report(node.at, `\`${odd}\` is neither \`group:NAME\` nor an address`, hint);
    return invalid;
  },
);

const certificate = refine(text({ example: '/etc/runbook/mail-ca.pem' }), (path, node, place) => {
  if (isAbsolute(path)) {
    return path;
  }
  place.report(node.at, '`ca` must be an absolute path');
  return invalid;
});

const smtpFile = object({
  host: text({ pattern: /^[\w.:-]+$/, example: 'smtp.example.com' }),
  port: optional(integer({ min: 1, max: 65_535 }), 587),
  tls: optional(oneOf('implicit', 'starttls', 'off')),
  ca: optional(certificate),
  user: optional(text()),
  password: optional(secretSource()),
});

const smtp = refine(smtpFile, (written, node, place): SmtpSettings | Invalid => {
  const { host, port, ca, user, password } = written;
  const tls = written.tls ?? (port === 465 ? 'implicit' : 'starttls');
  if (tls === 'off' && !isLoopback(host)) {
    const message = `\`tls: off\` would send the password and every command to \`${host}\` for all to read`;
    place.report(node.at, message, 'leave it out: `starttls`, or `implicit` at port 465');
    return invalid;
  }
  if ((user === null) !== (password === null)) {
    place.report(node.at, '`user` and `password` stand together, or neither does');
    return invalid;
  }
  const login = user === null || password === null ? null : { user, password };
  return { host, port, tls, ca, login };
});

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const route = object({
  environment: text({ pattern: /^[a-z][a-z0-9_-]*$/, example: 'prod' }),
  to: audience,
});

const emailFile = object({
  from: address,
  smtp,
  to: optional(audience),
  routes: optional(list(route), []),
});
