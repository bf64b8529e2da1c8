import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { RunbookError } from '../base/errors.ts';
import { newNonce } from '../base/ids.ts';
import type { JsonObject } from '../base/json.ts';
import type { Env } from './route.ts';
import { monotonicMs, type Site } from './site.ts';

/** For whatever is no page; a page has stricter ones by then (`web/secure-pages.ts`), and keeps them. */
const secure = secureHeaders({
  overwrite: false,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
});

/**
 * Gives every call an id, counts it, and writes one line about it: route, status, whose token. Never a
 * path, a query, a header or a body, in which secrets may stand.
 */
export function observe(site: Site): MiddlewareHandler<Env> {
  return async (context, next) => {
    const id = newNonce();
    const begun = monotonicMs(site.clock);
    context.set('route', 'unknown');
    context.set('token', null);
    context.set('visitor', null);
    context.set('failure', null);
    context.header('Request-Id', id);
    context.header('Cache-Control', 'no-store');
    await secure(context, next);
    const ms = monotonicMs(site.clock) - begun;
    const { method } = context.req;
    const { status } = context.res;
    const route = context.get('route');
    site.metrics.answered({ method: knownMethod(method), route, status, seconds: ms / 1000 });
    site.log({
      event: 'call',
      id,
      method: knownMethod(method),
      route,
      status,
      ms: Math.round(ms),
      token: context.get('token'),
      ...describe(context.get('failure')),
    });
  };
}

/** A client may make up methods, and each would be a new line in every metric. */
function knownMethod(method: string): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method)
    ? method
    : 'other';
}

function describe(failure: RunbookError | null): JsonObject {
  if (failure === null) {
    return {};
  }
  const { cause } = failure;
  return failure.code === 'internal' && cause instanceof Error
    ? { code: failure.code, error: cause.name, at: framesOf(cause) }
    : { code: failure.code };
}

/** Where it happened, without its message: that may quote what a caller sent. */
function framesOf({ stack = '' }: Error): readonly string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .map((line) => line.trim());
}
