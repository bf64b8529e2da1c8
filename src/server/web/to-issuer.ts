import { UsageError } from '../../base/errors.ts';
import type { Login } from '../../login/login.ts';
import { layoutLeaving } from '../../pages/login.ts';
import { writeCookie } from './cookies.ts';
import { type AtIssuer, livesMs, type Pending } from './pending.ts';
import type { Web, WebVisit } from './web-route.ts';

/** Throws UsageError `issuer_unknown`. */
export function findLogin({ logins }: Web, issuer: string | undefined): Login {
  const found = logins.find((login) => login.issuer === issuer);
  if (found === undefined) {
    throw new UsageError({
      code: 'issuer_unknown',
      message: 'nobody logs in here by that issuer',
      hint: '`login.oidc` in `config.yaml` names those that people can log in with',
    });
  }
  return found;
}

export interface Departure {
  readonly login: Login;
  /** A statement's digest, where somebody logs in anew for it. */
  readonly fresh: { readonly nonce: string } | null;
  /** What becomes of it when they come back. */
  readonly pending: (begun: AtIssuer) => Pending;
}

/**
 * Where an issuer sends people back to. Each has an address of its own: one that is evil could otherwise have
 * people log in at another, and get that one's answer handed over by us (RFC 9700, 4.4).
 */
export function returnUrl({ origin }: Web, { id }: Pick<Login, 'id'>): URL {
  return new URL(`/login/callback/${id}`, origin);
}

/**
 * Begins a login that ends at the issuer's `returnUrl`, in this browser alone. Answers where to send it. Throws
 * LoginError `issuer_unreachable`.
 */
export async function beginAtIssuer(
  visit: WebVisit,
  { login, fresh, pending }: Departure,
): Promise<string> {
  const redirect = returnUrl(visit.web, login).href;
  const { url, ...begun } = await login.begin({ redirect, fresh });
  keepPending(visit, pending({ issuer: login.issuer, ...begun }));
  return url;
}

/** Remembers, for this browser alone, what it began. */
export function keepPending({ web, context }: WebVisit, pending: Pending): void {
  const value = web.pending.keep(pending);
  writeCookie(context, web, { name: 'pending', value, maxAgeS: livesMs / 1000 });
}

/**
 * The same, for a form: answers with a page that goes on by itself. A redirect would still be the form's way
 * (CSP, `form-action`), and one issuer hands people on to another whose address nobody here knows.
 */
export async function sendToIssuer(visit: WebVisit, departure: Departure): Promise<Response> {
  const { name } = departure.login;
  const url = await beginAtIssuer(visit, departure);
  visit.context.header('Refresh', `0;url=${url}`);
  return visit.page({ title: `Going to ${name}`, main: layoutLeaving({ name, url }) });
}
