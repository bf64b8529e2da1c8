import { parseEnrolment, passkeyNamespace } from '../../approval/statement/enrolment.ts';
import type { SignedStatement } from '../../approval/statement/statement.ts';
import { UsageError } from '../../base/errors.ts';
import type { EnrolmentInput } from '../../engine/login/login-desk.ts';
import { provePossession } from '../../engine/login/prove-possession.ts';
import type { MadeFor } from './pending.ts';
import { readAssertion, readBytes } from './read-assertion.ts';
import type { Visitor, WebVisit } from './web-route.ts';

/** Who enrols: whoever holds an invitation's secret, or is logged in. */
export type Enrolling = { readonly secret: string } | Visitor;

/**
 * Answers what a passkey that the browser has just made signs, so that it becomes this person's, and under
 * which id the signature comes back. Only what was prepared here is enrolled: for this page and no other.
 */
export async function prepareEnrolment(visit: WebVisit, who: Enrolling): Promise<Response> {
  const { web, form } = visit;
  const label = form.get('label')?.trim() ?? '';
  const of: EnrolmentInput['of'] = 'secret' in who ? who : { person: who.person };
  const statement = await web.site.office.login.prepareEnrolment({
    of,
    spki: readBytes(form, 'spki'),
    credential: form.get('credential') ?? '',
    origin: web.origin,
    rpId: new URL(web.origin).hostname,
    label: label === '' ? null : label,
  });
  const { invite } = parseEnrolment(statement);
  const madeFor: MadeFor =
    'secret' in who ? { invite: invite ?? '' } : { session: who.bearing.caller.token };
  const prepared = web.pending.keep({ kind: 'made', statement, ...madeFor });
  return visit.json({ prepared, statement });
}

/**
 * What was prepared, once, with its signature by the very key that it names. Throws UsageError
 * `statement_forgotten`, `assertion_unreadable`, and as `provePossession`.
 */
export function takeEnrolment(visit: WebVisit, who: Enrolling): SignedStatement {
  const { web, form } = visit;
  const pending = web.pending.take(form.get('prepared') ?? '');
  if (pending?.kind !== 'made' || !isFor(pending, who)) {
    throw new UsageError({
      code: 'statement_forgotten',
      message: 'this page did not ask for that signature, or it took longer than 10 minutes',
      hint: 'open the page again and make the passkey there',
    });
  }
  const { statement } = pending;
  const { public: publicKey } = parseEnrolment(statement);
  const signature = readAssertion(visit, { publicKey, namespace: passkeyNamespace });
  provePossession({ statement, signature });
  return { statement, signature };
}

/** Which invitation the secret opens, the engine asks. */
function isFor(madeFor: MadeFor, who: Enrolling): boolean {
  return 'secret' in who
    ? 'invite' in madeFor
    : 'session' in madeFor && madeFor.session === who.bearing.caller.token;
}
