import { lazy } from '../../base/lazy.ts';
import {
  loadSecret,
  type SecretSource,
  secretSource,
  withoutInlineSecrets,
} from '../../base/secret-source.ts';
import { type ParsedYaml, valueOf } from '../../base/yaml.ts';
import { either, object, record } from '../../base/yaml-collections.ts';
import { boolean, integer, oneOf, text } from '../../base/yaml-scalars.ts';
import {
  type Checked,
  checkDocument,
  invalid,
  optional,
  refine,
  sectionOf,
} from '../../base/yaml-schema.ts';
import { sinkUrl } from '../sink-url.ts';

/** A receiver of logs by OTLP/HTTP, as `{kind: otlp, …}` under `sinks` names it. */
export type OtlpSettings = Omit<Checked<ReturnType<typeof sectionSchema>>, 'kind'>;

type HeaderValue = SecretSource | { readonly kind: 'text'; readonly text: string };

/** Throws InvalidFileError `config_invalid`; a header that stands in the file is not repeated. */
export function parseOtlp(section: ParsedYaml): OtlpSettings {
  const headers = valueOf(section.root, 'headers');
  const names = headers?.kind === 'map' ? headers.entries.map(({ key }) => key) : [];
  const quotable =
    headers === undefined || headers === null
      ? section.text
      : withoutInlineSecrets(sectionOf(section, headers), names.filter(isTelling)).text;
  return checkDocument(sectionSchema(), { ...section, text: quotable });
}

/** The headers with their secrets, read now. Throws ConfigError. */
export function loadHeaders(
  headers: OtlpSettings['headers'],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const values = Object.entries(headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value.kind === 'text' ? value.text : loadSecret(value, env),
  ]);
  return Object.fromEntries(values);
}

/** Names under which secrets travel. */
function isTelling(name: string): boolean {
  return /auth|key|token|secret|password|cookie/i.test(name);
}

const headerValue = either<HeaderValue, never, HeaderValue>(
  {
    scalar: refine(text({ pattern: /^[ -~]+$/, example: 'tenant-1' }), (written, node, place) => {
      if (!isTelling(place.name)) {
        return { kind: 'text', text: written };
      }
      const message = `\`${place.name}\` must say where it is kept, \`{env: NAME}\` or \`{file: /path}\`: the journal keeps the text of this file`;
      place.report(node.at, message);
      return invalid;
    }),
    map: refine(secretSource(), (source): HeaderValue => source),
  },
  'text, `{ env: NAME }` or `{ file: /path }`',
);

const sectionSchema = lazy(() =>
  object({
    kind: oneOf('otlp'),
    url: sinkUrl('https://otel.example.com/v1/logs'),
    headers: optional(
      record(headerValue, { pattern: /^[A-Za-z][A-Za-z0-9-]*$/, example: 'Authorization' }),
      {},
    ),
    batch: optional(integer({ min: 1, max: 10_000 }), 500),
    gzip: optional(boolean(), false),
  }),
);
