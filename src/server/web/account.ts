import { layoutAccount, layoutNeedsScript } from '../../pages/passkeys.ts';
import { prepareEnrolment, takeEnrolment } from './enrol.ts';
import { freshLogin } from './fresh-login.ts';
import { ownPasskeys } from './own-passkeys.ts';
import { beginAtIssuer } from './to-issuer.ts';
import type { Visitor, WebRoute, WebVisit } from './web-route.ts';

/** Who is logged in, and their passkeys. */
export const accountRoutes: readonly WebRoute[] = [
  { method: 'GET', path: '/account', access: 'person', handle: show },
  { method: 'POST', path: '/account/passkeys/:passkey/remove', access: 'person', handle: remove },
  { method: 'POST', path: '/account/passkeys/begin', access: 'person', handle: begin },
  {
    method: 'POST',
    path: '/account/passkeys/statement',
    access: 'person',
    handle: prepareEnrolment,
  },
  { method: 'POST', path: '/account/passkeys', access: 'person', handle: enrol },
];

async function show(visit: WebVisit, visitor: Visitor): Promise<Response> {
  const { web } = visit;
  const { person, csrf, expiresAt: until, service } = visitor;
  const passkeys = await service.passkeys(person);
  const { origin, logins: issuers } = web;
  return visit.page({
    title: 'Your account',
    main: layoutAccount({ person, csrf, until, passkeys, issuers, origin }),
  });
}

async function remove(visit: WebVisit, { service, person }: Visitor): Promise<Response> {
  const passkey = visit.context.req.param('passkey') ?? '';
  await service.removePasskey(passkey, `removed by ${person} on the account page`);
  return visit.seeOther('/account');
}

/** Whose passkey it becomes, and which devices hold one already. */
async function begin(visit: WebVisit, visitor: Visitor): Promise<Response> {
  const own = await ownPasskeys(visit.web, visitor);
  return visit.json({
    person: visitor.person,
    credentials: own.map(({ credential }) => credential),
  });
}

/** A session alone adds no key: its owner logs in for this one, and it is recorded when they come back. */
async function enrol(visit: WebVisit, visitor: Visitor): Promise<Response> {
  if (!visit.form.has('prepared')) {
    return visit.page({ title: 'Passkeys', main: layoutNeedsScript('/account') });
  }
  const begun = { kind: 'enrolment', ...takeEnrolment(visit, visitor) } as const;
  return visit.json({ to: await beginAtIssuer(visit, freshLogin(visit, visitor, begun)) });
}
