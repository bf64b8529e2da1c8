import { layoutEnrolled, layoutInvited, layoutNeedsScript } from '../../pages/passkeys.ts';
import { prepareEnrolment, takeEnrolment } from './enrol.ts';
import type { WebRoute, WebVisit } from './web-route.ts';

/**
 * Enrolling a passkey by an invitation's link. Whoever fetches the link, a scanner perhaps, gets a page that
 * knows nothing: the secret comes in the bodies of these calls, from the part of the link that stays in the
 * browser.
 */
export const invitedRoutes: readonly WebRoute[] = [
  { method: 'GET', path: '/passkeys/new', access: 'anyone', handle: show },
  { method: 'GET', path: '/passkeys/enrolled', access: 'anyone', handle: done },
  { method: 'POST', path: '/passkeys/new/begin', access: 'anyone', handle: begin },
  { method: 'POST', path: '/passkeys/new/statement', access: 'anyone', handle: prepare },
  { method: 'POST', path: '/passkeys/new', access: 'anyone', handle: enrol },
];

async function show(visit: WebVisit): Promise<Response> {
  return visit.page({ title: 'Your passkey', main: layoutInvited(visit.visitor?.csrf ?? null) });
}

async function done(visit: WebVisit): Promise<Response> {
  return visit.page({ title: 'Your passkey is enrolled', main: layoutEnrolled() });
}

/** Whose passkey it becomes. Which they have already is nobody's business who only holds a link. */
async function begin(visit: WebVisit): Promise<Response> {
  const { person } = await visit.web.site.office.login.invitation(secretOf(visit));
  return visit.json({ person, credentials: [] });
}

async function prepare(visit: WebVisit): Promise<Response> {
  return prepareEnrolment(visit, { secret: secretOf(visit) });
}

async function enrol(visit: WebVisit): Promise<Response> {
  if (!visit.form.has('prepared')) {
    return visit.page({ title: 'Your passkey', main: layoutNeedsScript('/passkeys/new') });
  }
  const of = { secret: secretOf(visit) };
  await visit.web.site.office.login.enrol(takeEnrolment(visit, of), of);
  return visit.json({ to: '/passkeys/enrolled' });
}

function secretOf({ form }: WebVisit): string {
  return form.get('secret') ?? '';
}
