import type { Verdict } from '../policy/policy.ts';
import { type Case, judgeStep } from '../run/judge.ts';
import { listsOf } from './ask-lists.ts';
import type { Session } from './session.ts';

/** An auditor takes a verdict for a made up one that is much older than the start that rests on it. */
export const verdictAgeMs = 60_000;

/** Rules that take longer were waiting for a list. */
const promptMs = 1000;

/**
 * What policy says of a step now. Lists may take their time; then it is judged again with what they said,
 * at the time that it has become.
 */
export function judgePromptly(session: Session, one: Case): Verdict {
  const { rules } = session.inForce;
  const lists = listsOf(session.engine, rules);
  for (;;) {
    const nowMs = session.nowMs();
    const verdict = judgeStep(rules, one, { nowMs, lists });
    if (session.nowMs() - nowMs < promptMs) {
      return verdict;
    }
  }
}
