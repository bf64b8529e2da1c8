import { createHmac } from 'node:crypto';
import { sha256 } from '../../base/digest.ts';

/** A key for requests to S3. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string | null;
}

/** A request before it is signed: the path and query as they are meant, neither of them encoded. */
export interface UnsignedRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex. */
  readonly bodyHash: string;
}

/** Whose service is spoken to, and when. */
export interface Scope {
  readonly region: string;
  readonly service: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * AWS Signature Version 4, in the headers: answers them with `x-amz-date`, the session's token and
 * `authorization`; `host` is signed, and sent by whoever sends the request. Source: AWS General Reference,
 * "Create a signed AWS API request", with the path encoded once, as S3 wants it.
 */
export function signRequest(
  request: UnsignedRequest,
  { accessKey, secretKey, sessionToken }: Credentials,
  { region, service, nowMs }: Scope,
): Readonly<Record<string, string>> {
  const time = compactTime(nowMs);
  const headers: Readonly<Record<string, string>> = {
    ...request.headers,
    'x-amz-date': time,
    ...(sessionToken === null ? {} : { 'x-amz-security-token': sessionToken }),
  };
  const signed = Object.entries({ ...headers, host: request.host }).sort(byName);
  const names = signed.map(([name]) => name).join(';');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const canonical = [
    request.method,
    encodePath(request.path),
    encodeQuery(request.query),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names,
    request.bodyHash,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce(
    (from: Buffer, part) => hmac(from, part),
    Buffer.from(`AWS4${secretKey}`),
  );
  const signature = hmac(key, text).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

/** The path as it is signed and must be sent: every byte but letters, digits and `-._~/` escaped. */
export function encodePath(path: string): string {
  return path.split('/').map(encode).join('/');
}

/** The query as it is signed and must be sent: by name, all of it escaped. */
export function encodeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(byName)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** RFC 3986: what `encodeURIComponent` leaves besides letters, digits and `-._~` is escaped too. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}

function compactTime(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
