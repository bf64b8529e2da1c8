import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Env } from '../route.ts';

/**
 * What a browser may do with whatever is HTML: load our stylesheet and scripts, call us, send forms to us;
 * nothing inline, nobody else's, in nobody's frame, and no text that becomes markup (Trusted Types).
 */
export function securePages(): MiddlewareHandler<Env> {
  const protect = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      scriptSrc: ["'self'"],
      connectSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    // With `no-referrer` browsers send `Origin: null` along with a form, which is how others' forms look.
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    crossOriginOpenerPolicy: 'same-origin',
    crossOriginResourcePolicy: 'same-origin',
  });
  return async (context, next) => {
    await next();
    if (context.res.headers.get('content-type')?.startsWith('text/html') === true) {
      await protect(context, () => Promise.resolve());
    }
  };
}
