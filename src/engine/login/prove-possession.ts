import { refusePossession } from '../../approval/court/judge-enrolment.ts';
import { type Enrolment, parseEnrolment } from '../../approval/statement/enrolment.ts';
import type { SignedStatement } from '../../approval/statement/statement.ts';
import { errorOf } from '../decision/commit-decision.ts';

/**
 * What a new passkey signed, itself and on its own page. Throws IntegrityError `statement_unreadable`,
 * `E_APPROVAL_SIG`, DeniedError with the reason.
 */
export function provePossession(signed: SignedStatement): Enrolment {
  const text = parseEnrolment(signed.statement);
  const refused = refusePossession(signed, text);
  if (refused !== null) {
    throw errorOf(refused);
  }
  return text;
}
