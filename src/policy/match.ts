import { isOpen } from './calendar.ts';
import type { Facts } from './facts.ts';
import type { Policy } from './policy.ts';
import { openWhen, type When } from './when.ts';

/** When something holds: a condition, and the times of calendars. */
export interface Season {
  readonly when: string | null;
  readonly during?: readonly string[];
  readonly outside?: readonly string[];
}

/**
 * Answers what matches one step at one moment. Out of its times a rule does not match, whatever its
 * `when` would say; a calendar that does not exist has failed.
 */
export function openMatcher(
  { calendars }: Pick<Policy, 'calendars'>,
  facts: Facts,
  nowMs: number,
): (season: Season) => When {
  const known = new Map<string, boolean>();
  const judge = openWhen(facts, nowMs);
  return ({ when, during = [], outside = [] }) => {
    const missing = [...during, ...outside].find((name) => !Object.hasOwn(calendars, name));
    if (missing !== undefined) {
      return { kind: 'failed', message: `there is no calendar \`${missing}\`` };
    }
    const inTime = (during.length === 0 || during.some(open)) && !outside.some(open);
    return inTime ? judge(when) : { kind: 'unmatched' };
  };

  function open(name: string): boolean {
    const calendar = calendars[name];
    const answer = known.get(name) ?? (calendar !== undefined && isOpen(calendar, nowMs));
    known.set(name, answer);
    return answer;
  }
}
