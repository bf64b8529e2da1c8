import { type SecretSource, secretSource, withoutInlineSecrets } from '../../base/secret-source.ts';
import { closest } from '../../base/suggest.ts';
import type { ParsedYaml, YamlNode } from '../../base/yaml.ts';
import { either, list, object } from '../../base/yaml-collections.ts';
import { boolean, text } from '../../base/yaml-scalars.ts';
import {
  checkDocument,
  invalid,
  located,
  optional,
  refine,
  sectionOf,
  suggestion,
} from '../../base/yaml-schema.ts';
import { parseUrl } from './endpoint-url.ts';
import { covers, eventTypes } from './event-types.ts';

/** One receiver of events, as `channels.webhooks` in `config.yaml` names it. */
export interface Endpoint {
  /** Unique; the cursor is kept under it. */
  readonly name: string;
  readonly url: URL;
  /** Each signs; several while one takes the place of another. */
  readonly secrets: readonly SecretSource[];
  /** `approval.*`, `run.finished`; null is every one. */
  readonly events: readonly string[] | null;
  /** Only entries of runs in these; null is every entry. */
  readonly environments: readonly string[] | null;
  /** Addresses of our own networks and of this host may be called. */
  readonly allowPrivate: boolean;
}

/** Reads `channels.webhooks`. Throws InvalidFileError `config_invalid` with every problem and its place. */
export function parseWebhooks(section: ParsedYaml): readonly Endpoint[] {
  const items = section.root.kind === 'list' ? section.root.items : [];
  const blank = (document: ParsedYaml, item: YamlNode): ParsedYaml =>
    withoutInlineSecrets(sectionOf(document, item), ['secret']);
  const { text: quotable } = items.reduce(blank, section);
  return checkDocument(webhooks, { ...section, text: quotable });
}

const oneSecret = secretSource();
const onlySecret = refine(oneSecret, (source): readonly SecretSource[] => [source]);
const secrets = either(
  { map: onlySecret, list: list(oneSecret, { min: 1 }), scalar: onlySecret },
  '`{ env: NAME }` or `{ file: /path }`',
);

/** A type, or all of a kind. A typo would be silence, so that it is an error. */
const eventPattern = refine(text({ example: 'approval.*' }), (pattern, node, place) => {
  if (eventTypes.some((type) => covers(pattern, type))) {
    return pattern;
  }
  const kinds = [...new Set(eventTypes.map((type) => type.replace(/\..*/, '.*')))];
  const hint = suggestion(closest(pattern, [...eventTypes, ...kinds]));
  const known = `known: ${kinds.join(', ')}`;
  place.report(node.at, `there is no event \`${pattern}\``, hint ?? known);
  return invalid;
});

const endpointFile = object({
  name: located(text({ pattern: /^[a-z][a-z0-9_-]*$/, example: 'ops' })),
  url: text({ example: 'https://hooks.example.com/runbook' }),
  secret: secrets,
  events: optional(list(eventPattern, { min: 1 })),
  environments: optional(list(text({ example: 'prod' }), { min: 1 })),
  allow_private: optional(boolean(), false),
});

const endpoint = refine(endpointFile, (written, node, place) => {
  const url = parseUrl(written.url, written.allow_private);
  if (!(url instanceof URL)) {
    place.report(node.at, url.problem, url.hint);
    return invalid;
  }
  const { name, secret, events, environments, allow_private: allowPrivate } = written;
  return {
    at: name.node,
    endpoint: { name: name.value, url, secrets: secret, events, environments, allowPrivate },
  };
});

const webhooks = refine(list(endpoint), (written, _node, place): readonly Endpoint[] => {
  for (const [index, { at, endpoint: it }] of written.entries()) {
    if (written.slice(0, index).some((earlier) => earlier.endpoint.name === it.name)) {
      place.report(at.at, `there are two webhooks named \`${it.name}\``);
    }
  }
  return written.map((it) => it.endpoint);
});
