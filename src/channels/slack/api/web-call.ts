import { setTimeout } from 'node:timers/promises';
import type * as slackSdk from '@slack/web-api';
import { SlackError } from './slack-api.ts';

/** One call of the Web API: its answer as Slack sent it, or SlackError. */
export type Call = (method: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;

export interface SlackAccess {
  /** `xoxb-…`, or for `apps.connections.open` `xapp-…`. Goes into a header and nowhere else. */
  readonly token: string;
  /** Base of the Web API, with a slash at its end. */
  readonly url: string;
  /** How long one call may wait for a rate limit to pass. */
  readonly patienceMs: number;
}

/** One attempt; what is slower does not come. */
const timeoutMs = 10_000;

/**
 * Calls over Slack's own client with its retries off: that would try for half an hour, and whoever calls
 * knows better what is worth repeating. Only rate limits are waited out here, and where Slack asks for
 * more patience than there is, later calls of that method fail at once until the time has come.
 */
export function openCall(access: SlackAccess): Call {
  const closedUntil = new Map<string, number>();
  let opened: Promise<Client> | null = null;
  return async (method, args) => {
    opened ??= openClient(access);
    const client = await opened;
    const deadline = performance.now() + access.patienceMs;
    for (;;) {
      const openAt = closedUntil.get(method) ?? 0;
      if (openAt > deadline) {
        throw new SlackError('rate_limited', { passing: true });
      }
      await setTimeout(Math.max(0, openAt - performance.now()));
      const answer = await client.attempt(method, args);
      if (answer.kind === 'done') {
        return answer.result;
      }
      closedUntil.set(method, performance.now() + answer.afterMs);
    }
  };
}

interface Client {
  attempt(method: string, args: Readonly<Record<string, unknown>>): Promise<Attempt>;
}

type Attempt =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'limited'; readonly afterMs: number };

type Sdk = typeof slackSdk;

async function openClient({ token, url }: SlackAccess): Promise<Client> {
  const sdk = await import('@slack/web-api');
  const client = new sdk.WebClient(token, {
    slackApiUrl: url,
    timeout: timeoutMs,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    // It prints to the console, and what goes wrong comes back as an error anyway.
    logger: silentLogger(sdk),
  });
  return {
    attempt: async (method, args) => {
      try {
        return { kind: 'done', result: await client.apiCall(method, { ...args }) };
      } catch (error) {
        if (error instanceof sdk.WebAPIRateLimitedError) {
          return { kind: 'limited', afterMs: error.retryAfter * 1000 };
        }
        throw toSlackError(error, sdk);
      }
    },
  };
}

function silentLogger(sdk: Sdk): slackSdk.Logger {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    getLevel: () => sdk.LogLevel.ERROR,
    setName: nothing,
  };
}

/** Slack's own words for "not now". */
const passing = new Set([
  'accesslimited',
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
]);

/** Without the client's error as its cause: that holds whole requests and answers. */
function toSlackError(error: unknown, sdk: Sdk): SlackError {
  if (error instanceof sdk.WebAPIPlatformError) {
    // Slack's own, unless something between us and Slack answered: a page of HTML, or any other JSON.
    const code: unknown = error.data.error;
    if (code === 'ratelimited' || code === 'rate_limited') {
      return new SlackError('rate_limited', { passing: true });
    }
    return typeof code === 'string' && /^[a-z0-9_]{1,80}$/.test(code)
      ? new SlackError(code, { passing: passing.has(code) })
      : new SlackError('unreachable', { passing: true });
  }
  if (error instanceof sdk.WebAPIHTTPError) {
    const { statusCode } = error;
    return new SlackError(`http_${statusCode}`, { passing: statusCode >= 500 });
  }
  const original = error instanceof sdk.WebAPIRequestError ? error.original : error;
  const late = original instanceof Error && original.name === 'TimeoutError';
  return new SlackError(late ? 'timeout' : 'unreachable', { passing: true });
}
