import { parseEnrolment, passkeyNamespace } from '../../approval/statement/enrolment.ts';
import type { SignedStatement } from '../../approval/statement/statement.ts';
import type { EnrolmentInput } from '../../engine/login/login-desk.ts';
import { readAssertion, readBytes } from './read-assertion.ts';
import type { WebVisit } from './web-route.ts';

/** What a passkey that the browser has just made signs, so that it becomes this person's. */
export async function prepareEnrolment(
  { web, form }: WebVisit,
  of: EnrolmentInput['of'],
): Promise<string> {
  const label = form.get('label')?.trim() ?? '';
  return web.site.office.login.prepareEnrolment({
    of,
    spki: readBytes(form, 'spki'),
    credential: form.get('credential') ?? '',
    origin: web.origin,
    rpId: new URL(web.origin).hostname,
    label: label === '' ? null : label,
  });
}

/**
 * The statement, and its signature by the very key that it names. Throws IntegrityError
 * `statement_unreadable`, UsageError `assertion_unreadable`.
 */
export function readEnrolment(visit: WebVisit): SignedStatement & { readonly person: string } {
  const statement = visit.form.get('statement') ?? '';
  const { person, public: publicKey } = parseEnrolment(statement);
  return {
    person,
    statement,
    signature: readAssertion(visit, { publicKey, namespace: passkeyNamespace }),
  };
}
