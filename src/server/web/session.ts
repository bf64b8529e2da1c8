import type { Session, Shown } from '../../engine/login/login-desk.ts';
import { writeCookie } from './cookies.ts';
import type { WebVisit } from './web-route.ts';

/** A working day: whoever decides logs in about once in it. */
const livesMs = 12 * 3_600_000;

/**
 * Opens a session for whoever has shown who they are, always one with a secret of its own: nothing that a
 * browser brought along becomes one. The session that it had ends. Throws as `LoginDesk.signIn`.
 */
export async function openSession(visit: WebVisit, shown: Shown): Promise<Session> {
  const { web, context, visitor } = visit;
  const session = await web.site.office.login.signIn(shown, {
    scopes: ['read', 'decide'],
    label: 'web',
    expiresInMs: livesMs,
  });
  if (visitor !== null) {
    await visitor.service.revokeToken(visitor.bearing.caller.token);
  }
  writeCookie(context, web, { name: 'session', value: session.secret, maxAgeS: livesMs / 1000 });
  return session;
}
