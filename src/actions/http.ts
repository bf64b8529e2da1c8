import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestPlainly,
} from 'node:http';
import { type RequestOptions, request as requestByTls } from 'node:https';
import { formatDuration } from '../base/duration.ts';
import type { HttpAction } from '../runbook/command.ts';
import type { ActionIo, ActionResult, Capture } from './action.ts';
import { codeOf } from './error-code.ts';
import { buildMessage, findForbidden, type Message, redirect } from './http-message.ts';
import { type Launch, type Order, stopwatch } from './launch.ts';
import { openOutput } from './output.ts';
import { watchStop } from './stop.ts';

type Request = typeof requestPlainly;

/** Redirects that are followed where they are asked for; one more is the response. */
const maxRedirects = 5;

/**
 * Not `fetch`: it takes 90 ms to load, and follows, retries and decodes by itself. Neither proxy
 * variables nor NODE_TLS_REJECT_UNAUTHORIZED are listened to.
 */
export function launchHttp(action: HttpAction): Launch {
  const request = /^https:/i.test(action.url) ? requestByTls : requestPlainly;
  return async (order) => runHttp(order, action, request);
}

async function runHttp(order: Order, action: HttpAction, request: Request): Promise<ActionResult> {
  const { command, io, settings } = order;
  const message = buildMessage(action, io.secrets);
  if (message === null) {
    return { kind: 'refused', message: `\`${action.url}\` is not a URL` };
  }
  const forbidden = findForbidden(message, io.hosts);
  if (forbidden !== null) {
    return { kind: 'refused', message: forbidden };
  }
  const elapsed = stopwatch(settings.clock);
  const limit = action.redirects === 'off' ? 0 : maxRedirects;
  const stop = watchStop(io.signal, command.timeout_ms);
  const stopped = stop.reason.then((ended): Loss => ({ kind: 'lost', ended, code: null }));
  const answer = await exchange(message, limit, { request, stopped, io }).finally(stop.dispose);
  if (answer.kind === 'responded') {
    return { ...answer, durationMs: elapsed() };
  }
  const words = explain(answer, message.url.host, command.timeout_ms);
  return answer.mayHaveArrived
    ? { kind: 'no_response', ended: answer.ended, message: words, durationMs: elapsed() }
    : { kind: 'not_started', message: words };
}

interface Exchange {
  readonly request: Request;
  readonly stopped: Promise<Loss>;
  readonly io: ActionIo;
}

interface Reply {
  readonly kind: 'reply';
  readonly response: IncomingMessage;
  /** Settles when the body has ended: false where the connection broke before. */
  readonly isComplete: Promise<boolean>;
}

interface Loss {
  readonly kind: 'lost';
  readonly ended: 'timeout' | 'cancelled' | 'connection';
  readonly code: string | null;
}

interface Answer {
  readonly kind: 'responded';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Capture;
}

/** Sends, follows what may be followed, and takes the last answer. The timeout spans all of it. */
async function exchange(
  first: Message,
  limit: number,
  { request, stopped, io }: Exchange,
): Promise<Answer | (Loss & { mayHaveArrived: boolean })> {
  let message = first;
  for (let hop = 0; ; hop += 1) {
    const sending = send(message, request);
    const reply = await Promise.race([sending.reply, stopped]);
    const next = hop < limit ? follow(message, reply) : null;
    if (next === null) {
      const answer = reply.kind === 'reply' ? await receive(reply, stopped, io) : reply;
      sending.close();
      return answer.kind === 'responded'
        ? answer
        : { ...answer, mayHaveArrived: hop > 0 || sending.mayHaveArrived() };
    }
    sending.close();
    message = next;
  }
}

interface Sending {
  readonly reply: Promise<Reply | Loss>;
  /** False as long as no connection stood: then the server has seen nothing of the request. */
  mayHaveArrived(): boolean;
  close(): void;
}

/** One request on a connection of its own, which is never used again: what was sent was sent once. */
function send(message: Message, request: Request): Sending {
  const closing = new AbortController();
  let isConnected = false;
  const reply = new Promise<Reply>((resolve, reject) => {
    const outgoing = request(optionsOf(message, closing.signal), (response) =>
      resolve(replyOf(response)),
    );
    outgoing.on('error', reject);
    outgoing.once('close', () => reject(new Error('closed without an answer')));
    outgoing.once('socket', (socket) => {
      socket.once(message.url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        isConnected = true;
      });
    });
    for (const [name, value] of message.headers) {
      outgoing.appendHeader(name, value);
    }
    outgoing.end(message.body ?? undefined);
  }).catch((error: unknown): Loss => ({ kind: 'lost', ended: 'connection', code: codeOf(error) }));
  return { reply, mayHaveArrived: () => isConnected, close: () => closing.abort() };
}

function optionsOf({ method, url, headers }: Message, signal: AbortSignal): RequestOptions {
  return {
    protocol: url.protocol,
    // Brackets are how a URL writes an IPv6 address, not part of it.
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? null : Number(url.port),
    path: `${url.pathname}${url.search}`,
    method,
    setHost: !headers.some(([name]) => name === 'host'),
    signal,
    agent: false,
    rejectUnauthorized: true,
  };
}

function replyOf(response: IncomingMessage): Reply {
  // Listening from the first moment: the connection may break before anyone reads the body.
  response.on('error', () => {});
  const isComplete = new Promise<boolean>((resolve) => {
    response.once('close', () => resolve(response.complete));
  });
  return { kind: 'reply', response, isComplete };
}

function follow(message: Message, reply: Reply | Loss): Message | null {
  if (reply.kind === 'lost') {
    return null;
  }
  const { statusCode = 0, headers } = reply.response;
  return redirect(message, { status: statusCode, location: headers.location });
}

/** Reads all of the body and keeps its beginning. A body that breaks off is no answer. */
async function receive(
  { response, isComplete }: Reply,
  stopped: Promise<Loss>,
  io: ActionIo,
): Promise<Answer | Loss> {
  const output = openOutput(io, 'stdout');
  response.on('data', output.push);
  const ended = await Promise.race([isComplete, stopped]);
  response.off('data', output.push);
  const body = output.end();
  if (ended === false) {
    return { kind: 'lost', ended: 'connection', code: 'ECONNRESET' };
  }
  if (ended !== true) {
    return ended;
  }
  return {
    kind: 'responded',
    status: response.statusCode ?? 0,
    headers: joinHeaders(response.headers),
    body,
  };
}

function joinHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function explain({ ended, code }: Loss, host: string, timeoutMs: number): string {
  switch (ended) {
    case 'timeout':
      return `\`${host}\` did not answer within ${formatDuration(timeoutMs)}`;
    case 'cancelled':
      return `it was cancelled before \`${host}\` had answered`;
    case 'connection':
      return `the connection to \`${host}\` failed: ${code ?? 'no reason given'}`;
  }
}
