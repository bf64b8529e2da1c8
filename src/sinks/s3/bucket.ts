import { sha256, sha256Bytes } from '../../base/digest.ts';
import { JournalError } from '../../base/errors.ts';
import { loadSecret } from '../../base/secret-source.ts';
import { callHttp, type HttpAnswer, type HttpCall } from '../http.ts';
import type { SinkDeps } from '../open-sinks.ts';
import { explainRefusal } from './refusal.ts';
import type { LockMode, S3Settings } from './settings.ts';
import { encodePath, encodeQuery, signRequest } from './sign-request.ts';
import { parseVersions, type Version } from './versions.ts';

/** One bucket, spoken to in a sink's name until `signal`. Names are whole: the prefix is in them. */
export interface Bucket {
  /** Writes an object only where its name is free: null where it is taken. Answers the version's id. */
  put(name: string, bytes: Buffer, hold: Hold): Promise<string | null>;
  /** What the store says of a version; null where it has none of it. */
  look(name: string, version: string): Promise<Look | null>;
  read(name: string, version: string, maxBytes: number): Promise<Buffer>;
  /** The first page of versions of names that begin with `prefix` and follow `after`. */
  list(page: Page): Promise<readonly Version[]>;
}

/** How an object is held from the moment that it is written. */
export interface Hold {
  readonly mode: LockMode;
  readonly untilMs: number;
}

/** What the store says of a version. Times are milliseconds since the epoch. */
export interface Look {
  /** SHA-256 in base64; null where this store keeps none. */
  readonly checksum: string | null;
  readonly mode: string | null;
  /** NaN where it is not held. */
  readonly heldUntilMs: number;
  readonly writtenMs: number;
}

export interface Page {
  readonly prefix: string;
  readonly after: string | null;
  readonly max: number;
}

const maxListBytes = 1024 * 1024;

/** The secrets are read now, so that new ones count without a restart. Throws ConfigError. */
export function openBucket(
  of: { readonly sink: string; readonly settings: S3Settings; readonly deps: SinkDeps },
  signal: AbortSignal,
): Bucket {
  const send = sender(of, signal);
  const refuse = (answer: HttpAnswer): JournalError => explainRefusal(of.sink, answer);
  return {
    put: async (name, bytes, hold) => {
      const answer = await send({
        method: 'PUT',
        name,
        body: bytes,
        headers: putHeaders(bytes, hold),
      });
      if (answer.status === 412) {
        return null;
      }
      const version = answer.status === 200 ? answer.headers.get('x-amz-version-id') : null;
      if (version === null || version === 'null') {
        throw answer.status === 200 ? unversioned(of.sink, of.settings) : refuse(answer);
      }
      return version;
    },
    look: async (name, version) => {
      const headers = { 'x-amz-checksum-mode': 'ENABLED' };
      const answer = await send({ method: 'HEAD', name, query: { versionId: version }, headers });
      if (answer.status !== 200 && answer.status !== 404) {
        throw refuse(answer);
      }
      return answer.status === 404 ? null : readLook(answer.headers);
    },
    read: async (name, version, maxBytes) => {
      const answer = await send({ method: 'GET', name, query: { versionId: version }, maxBytes });
      if (answer.status !== 200) {
        throw refuse(answer);
      }
      return answer.body;
    },
    list: async ({ prefix, after, max }) => {
      const marker = after === null ? {} : { 'key-marker': after };
      const query = { versions: '', prefix, 'max-keys': String(max), ...marker };
      const answer = await send({ method: 'GET', name: '', query, maxBytes: maxListBytes });
      const versions = answer.status === 200 ? parseVersions(answer.body) : null;
      if (versions === null) {
        throw refuse(answer);
      }
      return versions;
    },
  };
}

interface S3Call extends Pick<HttpCall, 'method' | 'headers' | 'maxBytes'> {
  readonly name: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

function sender(
  { settings, deps }: { readonly settings: S3Settings; readonly deps: SinkDeps },
  signal: AbortSignal,
): (call: S3Call) => Promise<HttpAnswer> {
  const { endpoint, bucket, keys, pathStyle, region } = settings;
  const credentials = {
    accessKey: loadSecret(keys.accessKey, deps.env),
    secretKey: loadSecret(keys.secretKey, deps.env),
    sessionToken: keys.sessionToken === null ? null : loadSecret(keys.sessionToken, deps.env),
  };
  const host = pathStyle ? endpoint.host : `${bucket}.${endpoint.host}`;
  const base = `${endpoint.pathname.replace(/\/+$/, '')}/${pathStyle ? `${bucket}/` : ''}`;
  return async ({ name, query = {}, body, headers = {}, ...call }) => {
    const path = `${base}${name}`;
    const bodyHash = sha256(body ?? '');
    const scope = { region, service: 's3', nowMs: deps.clock.now().wallMs };
    const signed = signRequest(
      {
        method: call.method,
        host,
        path,
        query,
        headers: { ...headers, 'x-amz-content-sha256': bodyHash },
        bodyHash,
      },
      credentials,
      scope,
    );
    const url = new URL(`${endpoint.protocol}//${host}${encodePath(path)}?${encodeQuery(query)}`);
    return callHttp({
      ...call,
      url,
      headers: signed,
      signal,
      ...(body === undefined ? {} : { body }),
    });
  };
}

function putHeaders(bytes: Buffer, { mode, untilMs }: Hold): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/octet-stream',
    // A name that is taken stays as it is.
    'if-none-match': '*',
    'x-amz-checksum-sha256': sha256Bytes(bytes).toString('base64'),
    'x-amz-object-lock-mode': mode.toUpperCase(),
    'x-amz-object-lock-retain-until-date': new Date(untilMs).toISOString(),
  };
}

function readLook(headers: Headers): Look {
  return {
    checksum: headers.get('x-amz-checksum-sha256'),
    mode: headers.get('x-amz-object-lock-mode'),
    heldUntilMs: Date.parse(headers.get('x-amz-object-lock-retain-until-date') ?? ''),
    writtenMs: Date.parse(headers.get('last-modified') ?? ''),
  };
}

function unversioned(sink: string, { bucket }: S3Settings): JournalError {
  return new JournalError({
    code: 'sink_unprotected',
    message: `sink \`${sink}\`: bucket \`${bucket}\` keeps no versions`,
    hint: 'it must have been made with Object Lock',
  });
}
