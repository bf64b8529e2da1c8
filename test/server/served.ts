import * as v from 'valibot';
import { expect, onTestFinished } from 'vitest';
import type { TokenHolder } from '../../src/approval/token.ts';
import type { JsonObject } from '../../src/base/json.ts';
import type { Reception } from '../../src/channels/channel.ts';
import { localService } from '../../src/engine/local-service.ts';
import { openOffice } from '../../src/engine/office/open-office.ts';
import type { Office } from '../../src/engine/office.ts';
import { errorAnswer } from '../../src/engine/wire/about.ts';
import type { Login } from '../../src/login/login.ts';
import type { Route } from '../../src/server/route.ts';
import { routes } from '../../src/server/routes.ts';
import { serve } from '../../src/server/serve.ts';
import { defaultLimits, type Limits, readServeSettings } from '../../src/server/settings.ts';
import type { Door } from '../../src/witness/door.ts';
import { openScene, type Scene, type SceneOptions } from '../support/scene.ts';

export const gated = `name: gated
params:
  word: { type: string, default: hello }
  key: { type: string, secret: true, required: false }
steps:
  - { id: look, exec: [echo, before] }
  - { id: change, privileged: true, exec: [echo, "\${{ params.word }}"] }
`;

/** A real server over a real journal, on a port of this machine. */
export interface Served {
  readonly scene: Scene;
  /** Resolves once so many streams and long polls are under way. */
  followed(by: number): Promise<void>;
  readonly url: string;
  /** Where browsers see it: pages are asked for, and forms posted, there. */
  readonly origin: string;
  readonly port: number;
  readonly log: JsonObject[];
  /** A token's secret. */
  token(holder: TokenHolder, scopes: readonly string[]): Promise<string>;
  call(target: string, options?: CallOptions): Promise<Answer>;
  /** Graceful; resolves when everything has ended. */
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly token?: string | undefined;
  /** JSON, or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface ServedOptions extends Partial<SceneOptions> {
  readonly limits?: Partial<Limits>;
  readonly perMinute?: number;
  readonly receptions?: readonly Reception[];
  readonly mirror?: Door;
  readonly logins?: readonly Login[];
}

export const robin = { kind: 'person', id: 'robin' } as const;
export const ana = { kind: 'person', id: 'ana' } as const;
export const bot = { kind: 'agent', id: 'deploy-bot' } as const;

export async function openServed(options: ServedOptions = {}): Promise<Served> {
  const { limits, perMinute = 1_000_000, receptions = [], mirror = null, ...rest } = options;
  const { logins = [], ...more } = rest;
  const scene = openScene({ runbook: gated, account: 'runbook@server', ...more });
  const { office, followed } = watched(
    openOffice(
      { ...scene.engine(), receptions },
      { serviceFor: (engine) => localService(engine, scene.elsewhere), url: null },
    ),
  );
  const settings = readServeSettings(null, { listen: '127.0.0.1:0' });
  const over = new AbortController();
  const log: JsonObject[] = [];
  const serving = await serve(
    office,
    {
      ...settings,
      rate: { perMinute, burst: Math.max(5, perMinute / 6) },
      limits: { ...defaultLimits, ...limits },
    },
    { signal: over.signal, log: (line) => log.push(line), clock: scene.clock, mirror, logins },
  );
  const stop = async (): Promise<void> => {
    over.abort();
    await serving.closed;
  };
  onTestFinished(stop);
  return {
    scene,
    followed,
    url: serving.url,
    origin: serving.origin,
    port: serving.address.port,
    log,
    token: async (holder, scopes) => {
      const issued = await scene.service().issueToken({
        holder,
        scopes: scopes as ('start' | 'read' | 'decide' | 'admin')[],
        label: null,
        expiresInMs: 3_600_000,
      });
      return issued.secret;
    },
    call: (target, sent = {}) => call(serving.url, target, sent),
    stop,
  };
}

/** The same office, which also tells who follows its feed. */
function watched(office: Office): Pick<Served, 'followed'> & { readonly office: Office } {
  const followers = new Set<() => void>();
  const feed: Office['feed'] = {
    nudge: () => office.feed.nudge(),
    follow: (follower) => {
      const leave = office.feed.follow(follower);
      followers.add(leave);
      return () => {
        followers.delete(leave);
        leave();
      };
    },
  };
  return {
    office: { ...office, feed },
    followed: async (by) => {
      while (followers.size !== by) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

/** `GET /v1/me`. Every JSON answer must be what the table says of its route, key by key. */
async function call(url: string, target: string, sent: CallOptions): Promise<Answer> {
  const [method = 'GET', path = '/'] = target.split(' ');
  const raw = typeof sent.body === 'string' || sent.body instanceof Buffer;
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'error',
    headers: {
      ...(sent.token === undefined ? {} : { Authorization: `Bearer ${sent.token}` }),
      ...(sent.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...sent.headers,
    },
    ...(sent.body === undefined
      ? {}
      : { body: raw ? (sent.body as string) : JSON.stringify(sent.body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  const json: unknown = isJson && text !== '' ? JSON.parse(text) : null;
  if (json !== null) {
    expectSchema({ method, path, status: response.status }, json);
  }
  return { status: response.status, headers: response.headers, text, json };
}

function expectSchema(
  { method, path, status }: { method: string; path: string; status: number },
  json: unknown,
): void {
  const route = routeOf(method, path);
  const isError = status >= 400 && route?.path !== '/readyz';
  const schema = isError || route?.answer.kind !== 'json' ? errorAnswer : route.answer.schema;
  // Answers are open, so that parsing drops what a schema does not name: nothing may be dropped here.
  expect(v.parse(schema, json)).toEqual(json);
  if (!isError && route?.answer.kind === 'json' && route.path !== '/readyz') {
    expect(status).toBe(route.answer.status);
  }
}

function routeOf(method: string, path: string): Route | undefined {
  const [plain = ''] = path.split('?');
  return routes.find(
    (route) =>
      route.method === method &&
      new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
}

/** What stands at a place of an answer, whose shape its schema has judged. */
export function pick(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce(
    (value, key) => (value as Readonly<Record<string | number, unknown>>)[key],
    json,
  );
}

/** Starts `gated` and waits for its request. */
export async function startGated(
  served: Served,
  token: string,
  more: object = {},
): Promise<{ readonly run: string; readonly request: string; readonly hash: string }> {
  const body = { runbook: 'runbook', ...more };
  const started = await served.call('POST /v1/runs', { token, body });
  expect(started).toMatchObject({ status: 201 });
  const { run } = started.json as { run: string };
  for (;;) {
    const { json } = await served.call(`GET /v1/runs/${run}?wait=10&version=0`, { token });
    const [request] = (json as { requests: { request: string; digest: string }[] }).requests;
    if (request !== undefined) {
      return { run, request: request.request, hash: request.digest };
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
