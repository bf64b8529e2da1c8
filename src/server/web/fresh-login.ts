import { sha256 } from '../../base/digest.ts';
import type { Pending } from './pending.ts';
import { type Departure, findLogin } from './to-issuer.ts';
import type { Visitor, WebVisit } from './web-route.ts';

/** What waits for a login that is had for it alone. */
type Waiting =
  | Pick<Extract<Pending, { kind: 'decision' }>, 'kind' | 'request' | 'statement'>
  | Pick<Extract<Pending, { kind: 'enrolment' }>, 'kind' | 'statement' | 'signature'>;

/**
 * A login that answers for one statement: its nonce is the statement's digest, and only this browser, in this
 * session, can finish it. With the issuer that the form names, or the only one. Throws as `findLogin`.
 */
export function freshLogin(
  { web, form }: WebVisit,
  { bearing }: Visitor,
  waiting: Waiting,
): Departure {
  const [first, ...others] = web.logins;
  const only = others.length === 0 ? first?.issuer : undefined;
  return {
    login: findLogin(web, form.get('issuer') ?? only),
    fresh: { nonce: sha256(waiting.statement) },
    pending: (begun) => ({ ...waiting, ...begun, session: bearing.caller.token }),
  };
}
