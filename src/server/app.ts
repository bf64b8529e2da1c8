import { type Context, Hono } from 'hono';
import type { Clock } from '../base/clock.ts';
import type { Office } from '../engine/office.ts';
import type { Login } from '../login/login.ts';
import type { Door } from '../witness/door.ts';
import { admission, type Gate, openBearers, openStrangers } from './admission.ts';
import { openCrowd } from './crowd.ts';
import { openDeviceLogins } from './device-logins.ts';
import { mountEntrances } from './entrances.ts';
import { openMetrics } from './metrics.ts';
import { mountMirror } from './mirror.ts';
import { observe } from './observe.ts';
import { readBody, readQuery } from './read-body.ts';
import {
  answerOf,
  methodNotAllowed,
  RateLimitError,
  refusalOf,
  routeUnknown,
  statusOf,
} from './refusals.ts';
import type { Env, Route } from './route.ts';
import { routes } from './routes.ts';
import type { ServeSettings } from './settings.ts';
import { type Log, monotonicMs, type Site, type Turnstile } from './site.ts';
import { openStarts } from './start-once.ts';
import { mountWeb } from './web/mount-web.ts';
import { openPendingLogins } from './web/pending.ts';
import { answerProblem, wantsPage } from './web/problem.ts';
import { securePages } from './web/secure-pages.ts';
import type { Web } from './web/web-route.ts';

export interface AppDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** The office has its place and works. */
  readonly working: () => boolean;
  /** Null where no other host's journal is kept here. */
  readonly mirror: Door | null;
  /** Where browsers see this server, and whom they can log in with. */
  readonly web: { readonly origin: string; readonly logins: readonly Login[] };
}

/** The API over this office, as a web application that no socket belongs to. */
export function createApp(office: Office, settings: ServeSettings, deps: AppDeps): Hono<Env> {
  const site: Site = {
    ...deps,
    office,
    settings,
    metrics: openMetrics(office),
    starts: openStarts(office.notes('idempotency'), deps.clock),
    verifying: openTurnstile(),
    crowd: openCrowd(settings.limits.perToken),
    owners: new Map(),
    devices: openDeviceLogins({
      logins: deps.web.logins,
      desk: office.login,
      nowMs: () => monotonicMs(deps.clock),
    }),
  };
  const app = new Hono<Env>();
  app.use(observe(site));
  app.use(securePages());
  const gate: Gate = { chargeStranger: openStrangers(site), enter: openBearers(site) };
  mountRoutes(app, site, gate);
  mountEntrances(app, site, gate.chargeStranger);
  if (deps.mirror !== null) {
    mountMirror(app, site, { door: deps.mirror, gate });
  }
  const pending = openPendingLogins(() => monotonicMs(deps.clock));
  const web = { site, ...deps.web, pending };
  mountWeb(app, web, gate);
  refuseOtherMethods(app);
  app.notFound((context) => refuse(routeUnknown(), context, web));
  app.onError((error, context) => refuse(error, context, web));
  return app;
}

function mountRoutes(app: Hono<Env>, site: Site, gate: Gate): void {
  const admit = admission(site, gate);
  const limit = site.settings.bodyLimit;
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), admit(route), async (context) =>
      route.handle({
        site,
        context,
        bearer: context.get('bearer'),
        query: readQuery(context.req.url, route.query),
        body: route.body === null ? null : await readBody(context.req.raw, route.body, limit),
      }),
    );
  }
}

/** A path that is there, by a method that is not. */
function refuseOtherMethods(app: Hono<Env>): void {
  const allowed = new Map<string, string[]>();
  for (const { method, path } of app.routes.filter((route) => route.method !== 'ALL')) {
    const methods = allowed.get(path) ?? [];
    allowed.set(path, [...new Set([...methods, method, ...(method === 'GET' ? ['HEAD'] : [])])]);
  }
  for (const [path, methods] of allowed) {
    app.all(path, (context) => {
      context.header('Allow', methods.join(', '));
      throw methodNotAllowed(methods);
    });
  }
}

function honoPath(path: Route['path']): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

async function refuse(thrown: unknown, context: Context<Env>, web: Web): Promise<Response> {
  const error = refusalOf(thrown);
  const status = statusOf(error);
  context.set('failure', error);
  if (error instanceof RateLimitError) {
    context.header('Retry-After', String(error.retryAfterS));
  }
  if (wantsPage(context)) {
    return answerProblem(context, error, web);
  }
  if (status === 401) {
    context.header('WWW-Authenticate', 'Bearer');
  }
  return context.json(answerOf(error), status);
}

function openTurnstile(): Turnstile {
  let taken = false;
  return async (work) => {
    if (taken) {
      throw new RateLimitError(5);
    }
    taken = true;
    try {
      return await work();
    } finally {
      taken = false;
    }
  };
}
