import { isIP } from 'node:net';
import { formatDuration } from '../../base/duration.ts';
import { version } from '../../base/version.ts';
import { checkedLookup, isLoopback, isPrivate, refusedAddress } from './address.ts';
import { readRetryAfter } from './backoff.ts';
import type { Endpoint } from './settings.ts';

/** What became of one attempt. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** 410: the receiver wants no more of it. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly message: string; readonly retryAfterMs: number | null };

/** A connection to one endpoint, kept between deliveries. */
export interface Post {
  /** One attempt. Never throws. Where `signal` aborts nobody knows whether it arrived. */
  send(attempt: Attempt, signal: AbortSignal): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Attempt {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly nowMs: number;
}

/** `timeoutMs` spans an attempt: name, connection, TLS and answer. */
export async function openPost(endpoint: Endpoint, timeoutMs: number): Promise<Post> {
  const { Agent, request } = await import('undici');
  const dispatcher = new Agent({
    connections: 1,
    // Neither proxy variables nor NODE_TLS_REJECT_UNAUTHORIZED are listened to.
    connect: { lookup: checkedLookup(mayCall(endpoint)), rejectUnauthorized: true },
  });
  const { url } = endpoint;
  return {
    async send({ headers, body, nowMs }, signal) {
      const tooLate = AbortSignal.timeout(timeoutMs);
      try {
        // Redirects are answers here: where events go is decided by configuration alone.
        const response = await request(url, {
          dispatcher,
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/json',
            'user-agent': `runbook/${version}`,
          },
          body,
          signal: AbortSignal.any([signal, tooLate]),
        });
        await response.body.dump({ limit: 16_384, signal: tooLate }).catch(() => undefined);
        const { 'retry-after': retryAfter } = response.headers;
        return judge(response.statusCode, readRetryAfter(String(retryAfter ?? ''), nowMs));
      } catch (error) {
        const late = `it did not answer within ${formatDuration(timeoutMs)}`;
        return failed(explain(error, tooLate.aborted ? late : null));
      }
    },
    close: () => dispatcher.destroy(),
  };
}

function mayCall({ url, allowPrivate }: Endpoint): (address: string) => boolean {
  return url.protocol === 'http:'
    ? (address) => allowPrivate && isLoopback(address)
    : (address) => allowPrivate || (isIP(address) !== 0 && !isPrivate(address));
}

function judge(status: number, retryAfterMs: number | null): Outcome {
  if (status >= 200 && status <= 299) {
    return { kind: 'delivered' };
  }
  if (status === 410) {
    return { kind: 'gone' };
  }
  const isRedirect = status >= 300 && status <= 399;
  const asked = status === 429 || status === 503 ? retryAfterMs : null;
  return failed(
    `it answered ${status}${isRedirect ? ', and redirects are not followed' : ''}`,
    asked,
  );
}

function failed(message: string, retryAfterMs: number | null = null): Outcome {
  return { kind: 'failed', message, retryAfterMs };
}

/** Without the address: what stands here is shown to whoever may ask for health. */
function explain(error: unknown, late: string | null): string {
  if (late !== null) {
    return late;
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
  return code === refusedAddress
    ? 'it has an address of our own networks, which only `allow_private: true` lets through'
    : `the connection failed: ${code}`;
}
