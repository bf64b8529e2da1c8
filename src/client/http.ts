import { readFileSync } from 'node:fs';
import { ConfigError, LoginError } from '../base/errors.ts';
import type { ServerSettings } from './settings.ts';

/** One exchange with the server, before anybody judges what it means. */
export interface Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object | null;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | null;
}

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | {
      readonly kind: 'failed';
      readonly why: string;
      readonly cause: unknown;
      /** `unsent`: the server cannot have seen it. `distrusted`: it is not the one it should be. */
      readonly how: 'sent' | 'unsent' | 'distrusted';
    };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface HttpInput extends ServerSettings {
  readonly token: string | null;
  /** Calls what is open to anybody, and bears nothing. */
  readonly asNobody?: true;
  /** What the caller says of itself: see `claimHeaders`. */
  readonly claims: Readonly<Record<string, string>>;
  /** `runbook 1.2.3`. */
  readonly program: string;
}

export interface Http {
  /** Tries once. Throws LoginError `login_missing`, ConfigError `ca_unreadable`, and whatever aborted `signal`. */
  send(exchange: Exchange): Promise<Outcome>;
  /** The answer's head, its body still to be read; likewise. */
  open(path: string, headers: Exchange['headers'], signal: AbortSignal): Promise<Response>;
}

export function openHttp(input: HttpInput): Http {
  const { url } = input;
  let fetching: Promise<typeof fetch> | null = null;
  const request = async (path: string, init: Init): Promise<Response> => {
    const headers = { ...headersOf(input), ...init.headers };
    fetching ??= openFetch(input.ca);
    // Whoever could redirect us would be sent the token, and with a start its secrets.
    return (await fetching)(`${url}${path}`, { ...init, headers, redirect: 'manual' });
  };
  return {
    async send({ method, path, headers, body, timeoutMs, signal }) {
      const timeout = AbortSignal.timeout(timeoutMs);
      const init = {
        method,
        headers: { ...headers, ...(body === null ? {} : { 'content-type': 'application/json' }) },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
        signal: signal === null ? timeout : AbortSignal.any([timeout, signal]),
      };
      try {
        const response = await request(path, init);
        const { status, headers } = response;
        return { kind: 'answered', answer: { status, headers, text: await response.text() } };
      } catch (cause) {
        signal?.throwIfAborted();
        if (timeout.aborted) {
          return { kind: 'failed', why: `no answer in ${timeoutMs / 1000} s`, cause, how: 'sent' };
        }
        return failure(cause);
      }
    },
    open: (path, headers, signal) => request(path, { headers, signal }),
  };
}

type Init = Omit<RequestInit, 'headers'> & Pick<Exchange, 'headers'>;

/** What `fetch` says of a network that failed; everything else it throws is not for us to hide. */
export function failure(cause: unknown): Extract<Outcome, { kind: 'failed' }> {
  if (!(cause instanceof TypeError && cause.cause instanceof Error)) {
    throw cause;
  }
  const root = cause.cause;
  const code = 'code' in root ? String(root.code) : '';
  const why = root.message === '' ? code : root.message;
  return { kind: 'failed', why, cause, how: howFailed(code) };
}

function howFailed(code: string): Extract<Outcome, { kind: 'failed' }>['how'] {
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
    return 'unsent';
  }
  return /CERT|^UNABLE_TO_/.test(code) ? 'distrusted' : 'sent';
}

function headersOf(input: HttpInput): Record<string, string> {
  const { url, token, claims, program } = input;
  const own = { 'user-agent': program.replace(' ', '/'), ...claims };
  if (input.asNobody === true) {
    return own;
  }
  if (token === null) {
    throw new LoginError({
      code: 'login_missing',
      message: `\`${url}\` does not know you: there is no token`,
      hint: '`runbook login` keeps one; RUNBOOK_TOKEN names one for a job',
    });
  }
  return { authorization: `Bearer ${token}`, ...own };
}

/** Node's own, but where another authority must be trusted. */
async function openFetch(ca: string | null): Promise<typeof fetch> {
  if (ca === null) {
    return fetch;
  }
  const pem = readAuthority(ca);
  const undici = await import('undici');
  const dispatcher = new undici.Agent({ connect: { ca: pem } });
  // Node's fetch is this very code under types of its own.
  const fetchWith = undici.fetch as unknown as typeof fetch;
  return (url, init) => fetchWith(url, Object.assign({ dispatcher }, init));
}

function readAuthority(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError({
      code: 'ca_unreadable',
      message: `\`${path}\` cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: '`server.ca` in `config.yaml` names the PEM file of the authority',
      cause,
    });
  }
}
