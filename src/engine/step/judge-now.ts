import { refusalFor } from '../../approval/people/refusal.ts';
import type { Verdict } from '../../policy/policy.ts';
import { caseOf } from '../../run/judge.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import { meansOf } from '../decision/means-of.ts';
import { judgePromptly } from '../judge-promptly.ts';
import type { Session } from '../session.ts';
import { whyNobody } from './request-approval.ts';

/** What policy says of the step now. */
export function judgeNow(session: Session, step: PlannedStep): Verdict {
  return judgePromptly(session, caseOf(session.state, session.plan, step));
}

/** Why asking would be in vain; null where somebody could approve. */
export async function whyInVain(
  session: Session,
  verdict: Extract<Verdict, { kind: 'ask' }>,
): Promise<string | null> {
  const { people } = session.inForce.rules;
  const { initiator, started } = session.state;
  const served = started.via === 'api';
  const means = await meansOf(session.engine, { people, initiator, served });
  return refusalFor(people, initiator.chain)?.message ?? whyNobody(verdict, { people, means });
}
