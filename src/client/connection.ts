import { UsageError } from '../base/errors.ts';
import type { Wire } from '../engine/wire/values.ts';
import { type Exchange, failure, type Http, type HttpInput, openHttp } from './http.ts';
import { type Judged, judgeOutcome, judgeRefusal } from './judge-answer.ts';
import { backOffMs, type Pace, systemPace } from './pace.ts';
import { unreachable, unreadable } from './server-error.ts';

/** One server, one token. Nothing is kept open between calls that would have to be closed. */
export interface Connection {
  /** For messages. */
  readonly url: string;
  readonly pace: Pace;
  /**
   * What the server answers. Throws its error again (same code, message, hint and exit code), LoginError
   * `login_missing`, JournalError `server_unreachable` and `server_unreadable`. What may be repeated is
   * tried four times, with back-off; 429 always, since nothing was done.
   */
  readonly call: <T>(call: Call<T>) => Promise<T>;
  /** As `call`, with the version that the run it is about had. */
  readonly callVersioned: <T>(call: Call<T>) => Promise<Versioned<T>>;
  /** Opens an event stream after entry number `from`. Tries once: whoever reads it knows where to go on. */
  readonly stream: (
    path: string,
    from: number,
    signal: AbortSignal,
  ) => Promise<ReadableStream<Uint8Array>>;
}

/** An answer about a run, and how many entries the run had. */
export interface Versioned<T> {
  readonly value: T;
  readonly version: number;
}

export interface Call<T> {
  /** GET unless said. */
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Made by `pathOf`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | null>>;
  readonly body?: object;
  readonly answer: Wire<T>;
  /** Makes a POST repeatable: the server remembers what it answered to this key. */
  readonly idempotencyKey?: string;
  /** For a POST that does no more when it comes twice. */
  readonly repeatable?: true;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export function openConnection(input: HttpInput, pace: Pace = systemPace): Connection {
  const client = { url: input.url, http: openHttp(input), pace };
  return {
    url: input.url,
    pace,
    call: async (call) => (await exchange(client, call)).value,
    async callVersioned(call) {
      const { value, headers } = await exchange(client, call);
      const version = headers.get('runbook-version') ?? '';
      if (!/^\d{1,9}$/.test(version)) {
        throw unreadable(input.url, 'it does not say which version of the run this is');
      }
      return { value, version: Number(version) };
    },
    stream: (path, from, signal) => openStream(client, { path, from, signal }),
  };
}

interface Client {
  readonly url: string;
  readonly http: Http;
  readonly pace: Pace;
}

type Answered<T> = Extract<Judged<T>, { kind: 'value' }>;

async function exchange<T>({ url, http, pace }: Client, call: Call<T>): Promise<Answered<T>> {
  const sent = exchangeOf(call);
  const repeatable = isRepeatable(call);
  for (let attempt = 0; ; attempt += 1) {
    const outcome = await http.send(sent);
    const judged = judgeOutcome(outcome, { url, answer: call.answer, repeatable });
    if (judged.kind === 'value') {
      return judged;
    }
    if (judged.again === null || attempt + 1 >= tries) {
      throw judged.error;
    }
    await pace.pause(judged.again === 'soon' ? backOffMs(attempt) : judged.again.ms, call.signal);
  }
}

function exchangeOf(call: Call<unknown>): Exchange {
  const { method = 'GET', path, query = {}, body = null, idempotencyKey } = call;
  return {
    method,
    path: `${path}${queryOf(query)}`,
    headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
    body,
    timeoutMs: call.timeoutMs ?? defaultTimeoutMs,
    signal: call.signal ?? null,
  };
}

function isRepeatable({ method, repeatable, idempotencyKey }: Call<unknown>): boolean {
  return method !== 'POST' || repeatable === true || idempotencyKey !== undefined;
}

async function openStream(
  { url, http }: Client,
  at: { readonly path: string; readonly from: number; readonly signal: AbortSignal },
): Promise<ReadableStream<Uint8Array>> {
  const { path, from, signal } = at;
  const asked = { accept: 'text/event-stream', 'last-event-id': String(from) };
  const response = await http.open(`${path}?from=${from}`, asked, signal).catch((cause) => {
    signal.throwIfAborted();
    throw unreachable(url, failure(cause).why, cause);
  });
  const { status, headers, body } = response;
  if (status === 200 && body !== null) {
    return body;
  }
  const answer = { status, headers, text: await response.text() };
  throw judgeRefusal(answer, { url, repeatable: true }).error;
}

const tries = 4;
const defaultTimeoutMs = 30_000;

/**
 * A path of these parts, each as it was typed. Throws UsageError `name_invalid` for what a URL would take
 * for a step up: `runbook cancel ..` must not post to somewhere else.
 */
export function pathOf(...parts: readonly (string | number)[]): string {
  return `/v1${parts.map((part) => `/${segmentOf(String(part))}`).join('')}`;
}

function segmentOf(part: string): string {
  if (/^\.{0,2}$/.test(part)) {
    throw new UsageError({ code: 'name_invalid', message: `\`${part}\` is no name` });
  }
  return encodeURIComponent(part);
}

function queryOf(query: NonNullable<Call<unknown>['query']>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null) {
      search.set(name, String(value));
    }
  }
  return search.size === 0 ? '' : `?${search.toString()}`;
}
