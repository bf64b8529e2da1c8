import type { Context } from 'hono';
import { LoginError } from '../../base/errors.ts';
import type { Env } from '../route.ts';
import { readCookie } from './cookies.ts';
import { csrfOf } from './csrf.ts';
import type { Visitor, Web } from './web-route.ts';

/** Who is logged in; null where nobody is, or a session that ended. */
export async function findVisitor(context: Context<Env>, web: Web): Promise<Visitor | null> {
  const secret = readCookie(context, web, 'session');
  if (secret === null) {
    return null;
  }
  const { office } = web.site;
  try {
    const { caller, scopes, expires_at } = await office.authenticate(secret);
    if (caller.holder.kind !== 'person' || !scopes.includes('read')) {
      return null;
    }
    const service = office.serviceFor(caller);
    context.set('token', caller.token);
    return {
      person: caller.holder.id,
      bearing: { caller, scopes, reach: 'all', service },
      service,
      csrf: csrfOf(secret),
      expiresAt: expires_at,
    };
  } catch (error) {
    if (error instanceof LoginError) {
      return null;
    }
    throw error;
  }
}
