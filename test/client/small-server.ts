import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../src/client/connection.ts';
import type { Pace } from '../../src/client/pace.ts';
import { sleep } from '../../src/engine/sleep.ts';

/** One call as it came in. */
export interface Came {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface SmallServer {
  readonly url: string;
  readonly came: readonly Came[];
  connect(): Connection;
  /** How long the client stayed away, each time. */
  readonly pauses: readonly number[];
}

type Handler = (
  response: ServerResponse,
  came: Came & { readonly count: number },
) => void | Promise<void>;

/** A server on 127.0.0.1 that answers as the test says; `count` numbers the calls from 1 on. */
export async function openSmallServer(handle: Handler): Promise<SmallServer> {
  const came: Came[] = [];
  const pauses: number[] = [];
  const server = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { method = '', url: path = '', headers } = request;
      const call = { method, path, headers, body };
      came.push(call);
      await handle(response, { ...call, count: came.length });
    });
  });
  const url = await listen(server);
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url, came, pauses, connect: () => connect(url, quickPace(pauses)) };
}

/** Where nobody listens any more. */
export async function closedServer(): Promise<string> {
  const server = createServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return url;
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}

export function connect(url: string, pace: Pace): Connection {
  const token = 'rbk_secret';
  return openConnection({ url, ca: null, token, claims: {}, program: 'runbook 1.2.3' }, pace);
}

/** Remembers how long it was asked to wait, and hardly does. */
export function quickPace(pauses: number[] = []): Pace {
  return {
    nowMs: () => Date.now(),
    pause: (ms, signal) => {
      pauses.push(ms);
      return sleep(Math.min(ms, 5), signal);
    },
  };
}

export function answer(response: ServerResponse, status: number, body: object | string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
