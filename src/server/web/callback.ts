import { DeniedError, LoginError } from '../../base/errors.ts';
import type { LoggedIn, Login } from '../../login/login.ts';
import { layoutUnknown } from '../../pages/login.ts';
import { readCookie, writeCookie } from './cookies.ts';
import type { AtIssuer, Pending } from './pending.ts';
import { openSession } from './session.ts';
import { findLogin, returnUrl } from './to-issuer.ts';
import type { Visitor, WebRoute, WebVisit } from './web-route.ts';

/**
 * Where an issuer sends people back to. It is the one GET that completes something, and no link or image of
 * another page can make it do so: a POST of ours began it (whose origin was checked), its `state` is known
 * to the issuer and to us alone, and it only counts in the browser that holds the cookie of that beginning,
 * once.
 */
export const callbackRoute: WebRoute = {
  method: 'GET',
  path: '/login/callback/:issuer',
  access: 'anyone',
  handle: async (visit) => {
    const { web, context } = visit;
    const pending = takeAnswered(visit);
    const login = findLogin(web, pending.issuer);
    // Before anything is sent anywhere: what one issuer answered is never handed to another.
    if (context.req.param('issuer') !== login.id) {
      throw mixedUp(login);
    }
    // As the issuer was told it: behind a proxy the call came to another address.
    const callback = returnUrl(web, login);
    callback.search = new URL(context.req.url).search;
    const loggedIn = await login.finish(callback, pending.kept);
    switch (pending.kind) {
      case 'login':
        return enter(visit, pending.to, { ...loggedIn, name: login.name });
      case 'decision':
        return decide(visit, pending, loggedIn);
      case 'enrolment':
        return enrol(visit, pending, loggedIn);
    }
  },
};

/**
 * What this browser began and is now answered to. It stays begun unless the answer repeats its `state`: every
 * page of another site can send a browser here, and would end what somebody is in the middle of.
 */
function takeAnswered(visit: WebVisit): Extract<Pending, AtIssuer> {
  const { web, context } = visit;
  const begun = web.pending.look(readCookie(context, web, 'pending') ?? '');
  if (begun === null || !('state' in begun) || context.req.query('state') !== begun.state) {
    throw nothingBegun();
  }
  takePending(visit);
  return begun;
}

/** What this browser began; from now on it has begun nothing. */
export function takePending({ web, context }: WebVisit): Pending | null {
  const id = readCookie(context, web, 'pending');
  if (id === null) {
    return null;
  }
  writeCookie(context, web, { name: 'pending', value: null, maxAgeS: 0 });
  return web.pending.take(id);
}

export function nothingBegun(): LoginError {
  return new LoginError({
    code: 'login_refused',
    message: 'this browser began no login that could end here, or began it too long ago',
    hint: 'log in again, and finish in the same browser within ten minutes',
  });
}

function mixedUp({ issuer }: Login): LoginError {
  return new LoginError({
    code: 'login_refused',
    message: `this login was begun with \`${issuer}\`, and another issuer has answered`,
    hint: 'nothing was done; tell whoever runs this server: one of its issuers may not be honest',
  });
}

async function enter(
  visit: WebVisit,
  to: string,
  { issuer, subject, name }: LoggedIn & { readonly name: string },
): Promise<Response> {
  try {
    await openSession(visit, { kind: 'oidc', issuer, subject });
    return visit.seeOther(to);
  } catch (error) {
    if (error instanceof LoginError && error.code === 'identity_unknown') {
      const main = layoutUnknown({ name, identity: `${issuer}#${subject}` });
      return visit.page({ title: 'Nobody here knows you yet', main, status: 403 });
    }
    throw error;
  }
}

async function decide(
  visit: WebVisit,
  pending: Extract<Pending, { kind: 'decision' }>,
  loggedIn: LoggedIn,
): Promise<Response> {
  const { service } = sameSession(visit, pending.session);
  const login = await noted(visit, loggedIn);
  await service.decideByLogin({ statement: pending.statement, login }, 'web');
  return visit.seeOther(`/requests/${encodeURIComponent(pending.request)}`);
}

async function enrol(
  visit: WebVisit,
  pending: Extract<Pending, { kind: 'enrolment' }>,
  loggedIn: LoggedIn,
): Promise<Response> {
  sameSession(visit, pending.session);
  const { statement, signature } = pending;
  const login = await noted(visit, loggedIn);
  await visit.web.site.office.login.enrol({ statement, signature }, { login });
  return visit.seeOther('/account');
}

/** Whoever saw the card finishes: a login that somebody was talked into ends in no decision of another's. */
function sameSession({ visitor }: WebVisit, session: string): Visitor {
  if (visitor === null || visitor.bearing.caller.token !== session) {
    throw new DeniedError({
      code: 'other_session',
      message: 'this login was begun in another session than the one that it ends in',
      hint: 'open the request again, read it and decide there',
    });
  }
  return visitor;
}

/** A key must stand in the journal before anything that it signed does. */
async function noted(
  { web }: WebVisit,
  { issuer, client, token, key }: LoggedIn,
): Promise<{ readonly issuer: string; readonly client: string; readonly token: string }> {
  await web.site.office.login.noteIssuerKeys({ issuer, client, keys: [key] });
  return { issuer, client, token };
}
