import type * as slackSdk from '@slack/web-api';
import { lazy } from '../../../base/lazy.ts';
import { ChatError } from '../../cards/chat-error.ts';
import { type Attempt, openRateLimit } from '../../cards/rate-limit.ts';

/** One call of the Web API: its answer as Slack sent it, or ChatError. */
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
 * knows better what is worth repeating. Only rate limits are waited out here.
 */
export function openCall(access: SlackAccess): Call {
  const client = lazy(() => openClient(access));
  const limited = openRateLimit('Slack', access.patienceMs);
  return async (method, args) => {
    const opened = await client();
    return limited(method, () => opened.attempt(method, args));
  };
}

interface Client {
  attempt(method: string, args: Readonly<Record<string, unknown>>): Promise<Attempt<unknown>>;
}

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
        throw toChatError(error, sdk);
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
function toChatError(error: unknown, sdk: Sdk): ChatError {
  if (error instanceof sdk.WebAPIPlatformError) {
    // Slack's own, unless something between us and Slack answered: a page of HTML, or any other JSON.
    const code: unknown = error.data.error;
    if (code === 'ratelimited' || code === 'rate_limited') {
      return slackError('rate_limited', true);
    }
    return typeof code === 'string' && /^[a-z0-9_]{1,80}$/.test(code)
      ? slackError(code, passing.has(code))
      : slackError('unreachable', true);
  }
  if (error instanceof sdk.WebAPIHTTPError) {
    const { statusCode } = error;
    return slackError(`http_${statusCode}`, statusCode >= 500);
  }
  const original = error instanceof sdk.WebAPIRequestError ? error.original : error;
  const late = original instanceof Error && original.name === 'TimeoutError';
  return slackError(late ? 'timeout' : 'unreachable', true);
}

/** With Slack's own code, or one of ours. */
export function slackError(code: string, passing: boolean): ChatError {
  return new ChatError('Slack', { code, passing });
}
