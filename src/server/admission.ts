import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { LoginError } from '../base/errors.ts';
import { authenticate, reachOf } from './admit.ts';
import { addressKey, type Limiter, openLimiter } from './rate.ts';
import { RateLimitError } from './refusals.ts';
import type { Env, Route } from './route.ts';
import { monotonicMs, type Site } from './site.ts';

/** More callers than a server of this kind has; beyond it the quietest are forgotten. */
const maxBuckets = 10_000;

/**
 * What stands before every route: who calls, whether they may, and how often. Strangers are counted by
 * their address, and only they: a flood of wrong tokens from behind one proxy keeps no bearer out.
 */
export function admission(site: Site): (route: Route) => MiddlewareHandler<Env> {
  const { rate } = site.settings;
  const bearers = openLimiter(rate, maxBuckets);
  const strangers = openLimiter(rate, maxBuckets);
  const charge = (limiter: Limiter, key: string): void => {
    const waitMs = limiter.take(key, monotonicMs(site.clock));
    if (waitMs > 0) {
      throw new RateLimitError(Math.ceil(waitMs / 1000));
    }
  };
  return (route) => async (context, next) => {
    context.set('route', route.path);
    if (route.access === 'open') {
      charge(strangers, strangerOf(context));
      context.set('bearer', null);
      await next();
    } else {
      const who = await identify(context, site, () => {
        charge(strangers, strangerOf(context));
      });
      context.set('token', who.caller.token);
      charge(bearers, who.caller.token);
      const reach = reachOf(route, who);
      const service = site.office.serviceFor(who.caller);
      context.set('bearer', { ...who, reach, service });
      const leave = site.crowd.enter(who.caller.token);
      await next().finally(leave);
    }
  };
}

async function identify(context: Context<Env>, { office }: Site, chargeStranger: () => void) {
  try {
    return await authenticate(office, context.req.raw.headers);
  } catch (error) {
    if (error instanceof LoginError) {
      chargeStranger();
    }
    throw error;
  }
}

function strangerOf(context: Context<Env>): string {
  return addressKey(getConnInfo(context).remote.address ?? '');
}
