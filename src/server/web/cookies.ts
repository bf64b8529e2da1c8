import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import type { Env } from '../route.ts';
import type { Web } from './web-route.ts';

/**
 * The cookies: the session's secret, and for ten minutes the id of what was begun. Neither is seen by
 * scripts, and both come along where somebody follows a link, but with no form or call from another site
 * (`SameSite=Lax`). Over HTTPS their names bind them to this host.
 */
type CookieName = 'session' | 'pending';

export function readCookie(context: Context<Env>, web: Web, name: CookieName): string | null {
  return getCookie(context, nameOf(web, name)) ?? null;
}

/** Null forgets it. */
export function writeCookie(
  context: Context<Env>,
  web: Web,
  cookie: { readonly name: CookieName; readonly value: string | null; readonly maxAgeS: number },
): void {
  setCookie(context, nameOf(web, cookie.name), cookie.value ?? '', {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: isSecure(web),
    maxAge: cookie.value === null ? 0 : cookie.maxAgeS,
  });
}

/** `__Host-`: the browser takes it only over HTTPS, from this very host and for all of its paths. */
function nameOf(web: Web, name: CookieName): string {
  return isSecure(web) ? `__Host-runbook_${name}` : `runbook_${name}`;
}

function isSecure({ origin }: Web): boolean {
  return origin.startsWith('https:');
}
