import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import * as v from 'valibot';
import type { TokenCaller } from '../approval/people/initiator.ts';
import type { Scope } from '../approval/token.ts';
import { InternalError, type RunbookError } from '../base/errors.ts';
import type { Service } from '../engine/service.ts';
import type { Wire } from '../engine/wire/values.ts';
import type { VisitorView } from '../pages/layout.ts';
import type { Site } from './site.ts';

/** What hono carries along with one call. */
export interface Env {
  readonly Bindings: HttpBindings;
  readonly Variables: {
    /** The route's pattern, for log and metrics. */
    route: string;
    bearer: Bearing | null;
    /** The token's public id. */
    token: string | null;
    /** Who looks at a page; null where nobody is logged in, and on every other route. */
    visitor: VisitorView | null;
    failure: RunbookError | null;
  };
}

/** What a scope opens: everything a route has, or with `start:own` the runs that this token started. */
export type Grant = Scope | 'start:own';

/** `open`: nobody is asked who they are. `bearer`: any token. Else one of these scopes. */
export type Access = 'open' | 'bearer' | readonly Grant[];

/**
 * One thing that the server does. The table of all of them (`routes.ts`) is what is mounted, checked,
 * described (`openapi.ts`) and tested: a route that says nothing of who may call it cannot be written.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Parameters in braces, as OpenAPI has them. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly query: QuerySchema;
  readonly body: Wire<unknown> | null;
  readonly answer: Answer;
  handle(visit: Visit): Promise<Response>;
}

export type QuerySchema = v.StrictObjectSchema<
  Record<string, v.GenericSchema<string | undefined, unknown>>,
  undefined
>;

export type Answer =
  | { readonly kind: 'json'; readonly status: 200 | 201; readonly schema: Wire<unknown> }
  | { readonly kind: 'other'; readonly mediaType: string };

/** One call as it came, its caller known and its body read and checked. */
export interface Visit {
  readonly site: Site;
  readonly context: Context<Env>;
  readonly query: unknown;
  readonly body: unknown;
  /** Null on open routes. */
  readonly bearer: Bearing | null;
}

export interface Bearing {
  /** With the claims that came along. */
  readonly caller: TokenCaller;
  readonly scopes: readonly Scope[];
  /** `own`: sees only the runs that this token started. */
  readonly reach: 'all' | 'own';
  readonly service: Service;
}

/** What a handler works with. */
export interface Call extends Bearing {
  readonly site: Site;
  readonly context: Context<Env>;
  readonly param: (name: string) => string;
}

interface Spec<Query, Body> {
  readonly method: Route['method'];
  readonly path: string;
  readonly access: Exclude<Access, 'open'>;
  readonly summary: string;
  readonly query?: QuerySchema & v.GenericSchema<unknown, Query>;
  readonly body?: Wire<Body>;
}

interface Input<Query, Body> {
  readonly query: Query;
  readonly body: Body;
}

/** A route of token bearers that answers JSON of one schema. */
export function jsonRoute<Query, Body, Output>(
  spec: Spec<Query, Body> & {
    readonly status?: 201;
    readonly answer: Wire<Output>;
    readonly handle: (call: Call, input: Input<Query, Body>) => Promise<NoInfer<Output>>;
  },
): Route {
  const { status = 200, answer, handle, ...rest } = spec;
  return {
    ...basis(rest),
    answer: { kind: 'json', status, schema: answer },
    handle: async (visit) =>
      visit.context.json(await handle(callOf(visit), inputOf<Query, Body>(visit)), status),
  };
}

/** A route of token bearers that writes its answer itself. */
export function otherRoute<Query, Body>(
  spec: Spec<Query, Body> & {
    readonly mediaType: string;
    readonly handle: (call: Call, input: Input<Query, Body>) => Promise<Response>;
  },
): Route {
  const { mediaType, handle, ...rest } = spec;
  return {
    ...basis(rest),
    answer: { kind: 'other', mediaType },
    handle: (visit) => handle(callOf(visit), inputOf<Query, Body>(visit)),
  };
}

/** A route that anybody may call. It tells nothing that is anybody's, but to whoever shows that it is theirs. */
export function openRoute<Body = null>(spec: {
  /** GET unless said. */
  readonly method?: 'POST';
  readonly path: string;
  readonly summary: string;
  readonly body?: Wire<Body>;
  readonly answer: Wire<unknown>;
  readonly handle: (site: Site, context: Context<Env>, body: Body) => Promise<Response>;
}): Route {
  const { method = 'GET', path, summary, body = null, answer, handle } = spec;
  return {
    method,
    path,
    summary,
    access: 'open',
    query: v.strictObject({}),
    body,
    answer: { kind: 'json', status: 200, schema: answer },
    handle: ({ site, context, body: given }) => handle(site, context, given as Body),
  };
}

function basis<Query, Body>({ query, body, ...rest }: Spec<Query, Body>) {
  return { ...rest, query: query ?? v.strictObject({}), body: body ?? null };
}

function callOf({ site, context, bearer }: Visit): Call {
  if (bearer === null) {
    throw new InternalError({ code: 'no_bearer', message: 'a route was served to nobody' });
  }
  return { ...bearer, site, context, param: (name) => context.req.param(name) ?? '' };
}

/** The route's own schemas made these values: see `app.ts`. */
function inputOf<Query, Body>({ query, body }: Visit): Input<Query, Body> {
  return { query: query as Query, body: body as Body };
}
