import { lazy } from '../../base/lazy.ts';
import { type SecretSource, secretSource, withoutInlineSecrets } from '../../base/secret-source.ts';
import type { ParsedYaml } from '../../base/yaml.ts';
import { object } from '../../base/yaml-collections.ts';
import { boolean, duration, oneOf, text } from '../../base/yaml-scalars.ts';
import { checkDocument, invalid, optional, refine } from '../../base/yaml-schema.ts';
import { sinkUrl } from '../sink-url.ts';

/** A bucket with Object Lock, as `{kind: s3, …}` under `sinks` names it. */
export interface S3Settings {
  /** Where the bucket answers, and under which host and path. */
  readonly endpoint: URL;
  readonly region: string;
  readonly bucket: string;
  /** Of every name, without slashes at its ends. */
  readonly prefix: string;
  readonly keys: S3Keys;
  /** How long each object is held from the day it was written, in milliseconds. */
  readonly retainMs: number;
  readonly mode: LockMode;
  /** The bucket stands in the path; otherwise in the host. */
  readonly pathStyle: boolean;
}

export interface S3Keys {
  readonly accessKey: SecretSource;
  readonly secretKey: SecretSource;
  readonly sessionToken: SecretSource | null;
}

/** `governance`: whoever has the right to bypass it may still delete. `compliance`: nobody, not even the owner. */
export type LockMode = 'compliance' | 'governance';

const dayMs = 86_400_000;

/** Throws InvalidFileError `config_invalid`; a secret that stands in the file is not repeated. */
export function parseS3(section: ParsedYaml): S3Settings {
  const written = checkDocument(
    sectionSchema(),
    withoutInlineSecrets(section, ['access_key', 'secret_key', 'session_token']),
  );
  const { endpoint, region, bucket, prefix, mode } = written;
  return {
    endpoint,
    region,
    bucket,
    prefix,
    mode,
    keys: {
      accessKey: written.access_key,
      secretKey: written.secret_key,
      sessionToken: written.session_token,
    },
    retainMs: written.retain,
    pathStyle: written.path_style,
  };
}

const sectionSchema = lazy(() =>
  object({
    kind: oneOf('s3'),
    endpoint: sinkUrl('https://s3.eu-central-1.amazonaws.com'),
    region: text({ pattern: /^[a-z0-9-]+$/, example: 'eu-central-1' }),
    bucket: text({ pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, example: 'acme-journal' }),
    // Segments of dots would be resolved on the way, and are another name than the one that was signed.
    prefix: optional(
      text({
        pattern: /^(?!\.+(\/|$))[\w.-]+(\/(?!\.+(\/|$))[\w.-]+)*$/,
        example: 'runbook/prod',
      }),
      'runbook',
    ),
    access_key: secretSource(),
    secret_key: secretSource(),
    session_token: optional(secretSource()),
    retain: refine(duration(), (ms, node, place) => {
      if (ms >= dayMs) {
        return ms;
      }
      place.report(node.at, '`retain` must be a day or longer', 'as in `retain: 365d`');
      return invalid;
    }),
    mode: optional(oneOf('compliance', 'governance'), 'compliance'),
    path_style: optional(boolean(), false),
  }),
);
