import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { LoginError } from '../base/errors.ts';
import { authenticate, reachOf } from './admit.ts';
import { addressKey, openLimiter } from './rate.ts';
import { RateLimitError } from './refusals.ts';
import type { Env, Route } from './route.ts';
import { monotonicMs, type Site } from './site.ts';

/** More callers than a server of this kind has; beyond it the quietest are forgotten. */
const maxBuckets = 10_000;

/** Counts a call. Throws RateLimitError where there were too many. */
export type Charge = (context: Context<Env>) => void;

/**
 * Counts those who showed nothing that opens anything, by their address, and only them: a flood of wrong
 * tokens from behind one proxy keeps no bearer out.
 */
export function openStrangers(site: Site): Charge {
  const charge = openCharge(site);
  return (context) => {
    charge(addressKey(getConnInfo(context).remote.address ?? ''));
  };
}

/** Counts a call of a token. Answers how to leave. Throws RateLimitError. */
export type Enter = (token: string) => () => void;

/** Counts the calls of each token, through the API or as the session of a page, and those that are open. */
export function openBearers(site: Site): Enter {
  const charge = openCharge(site);
  return (token) => {
    charge(token);
    return site.crowd.enter(token);
  };
}

/** Who is counted how. */
export interface Gate {
  readonly chargeStranger: Charge;
  readonly enter: Enter;
}

/** What stands before every route: who calls, whether they may, and how often. */
export function admission(
  site: Site,
  { chargeStranger, enter }: Gate,
): (route: Route) => MiddlewareHandler<Env> {
  return (route) => async (context, next) => {
    context.set('route', route.path);
    if (route.access === 'open') {
      chargeStranger(context);
      context.set('bearer', null);
      await next();
    } else {
      const who = await identify(context, site, () => {
        chargeStranger(context);
      });
      context.set('token', who.caller.token);
      const leave = enter(who.caller.token);
      try {
        const reach = reachOf(route, who);
        const service = site.office.serviceFor(who.caller);
        context.set('bearer', { ...who, reach, service });
        await next();
      } finally {
        leave();
      }
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

function openCharge({ settings, clock }: Site): (key: string) => void {
  const limiter = openLimiter(settings.rate, maxBuckets);
  return (key) => {
    const waitMs = limiter.take(key, monotonicMs(clock));
    if (waitMs > 0) {
      throw new RateLimitError(Math.ceil(waitMs / 1000));
    }
  };
}
