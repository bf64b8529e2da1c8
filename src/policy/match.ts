import { isOpen } from './calendar.ts';
import type { InitiatorFacts, Sight } from './facts.ts';
import type { Policy } from './policy.ts';
import { openWhen, type When } from './when.ts';

/** When something holds: a condition, and the times of calendars. */
export interface Season {
  readonly when: string | null;
  readonly during?: readonly string[];
  readonly outside?: readonly string[];
}

/** What matches one step at one moment, whoever one takes to stand behind its run. */
export interface Matcher {
  /** For what asks for more: it matches, or fails, where it does in any view. */
  readonly any: (season: Season) => When;
  /** For what relieves: it matches where it does in every view. */
  readonly every: (season: Season) => When;
  /** The outcome in each view. */
  readonly each: (season: Season) => readonly Seen[];
}

/** What a season came to, by one way to read who stands behind the run. */
export interface Seen {
  readonly when: When;
  /** Null: it does not look at whoever stands there. */
  readonly initiator: InitiatorFacts | null;
}

/**
 * Answers what matches one step at one moment. Out of its times a rule does not match, whatever its
 * `when` would say; a calendar that does not exist has failed.
 */
export function openMatcher(
  policy: Pick<Policy, 'calendars'>,
  sight: Sight,
  nowMs: number,
): Matcher {
  const timeOf = openTimes(policy, nowMs);
  const judge = openViews(sight, nowMs);
  const each = (season: Season): readonly Seen[] => {
    const time = timeOf(season);
    return time.kind === 'matched' ? judge(season.when) : alone(time);
  };
  const first = (season: Season, kinds: readonly When['kind'][]): When | undefined => {
    const outcomes = each(season).map(({ when }) => when);
    return kinds.flatMap((kind) => outcomes.find((when) => when.kind === kind) ?? [])[0];
  };
  return {
    each,
    any: (season) => first(season, ['failed', 'matched']) ?? { kind: 'unmatched' },
    every: (season) => first(season, ['failed', 'unmatched']) ?? { kind: 'matched' },
  };
}

/** Whether it is the time for something. */
function openTimes(
  { calendars }: Pick<Policy, 'calendars'>,
  nowMs: number,
): (season: Season) => When {
  const known = new Map<string, boolean>();
  return ({ during = [], outside = [] }) => {
    const missing = [...during, ...outside].find((name) => !Object.hasOwn(calendars, name));
    if (missing !== undefined) {
      return { kind: 'failed', message: `there is no calendar \`${missing}\`` };
    }
    const inTime = (during.length === 0 || during.some(open)) && !outside.some(open);
    return { kind: inTime ? 'matched' : 'unmatched' };
  };

  function open(name: string): boolean {
    const calendar = calendars[name];
    const answer = known.get(name) ?? (calendar !== undefined && isOpen(calendar, nowMs));
    known.set(name, answer);
    return answer;
  }
}

/** A condition in every view, as far as it looks at whoever stands behind the run. */
function openViews(
  { facts, views }: Sight,
  nowMs: number,
): (when: string | null) => readonly Seen[] {
  const judge = openWhen(facts, nowMs);
  return (when) =>
    when?.includes('initiator') === true
      ? (views?.map((initiator) => ({ initiator, when: judge(when, initiator) })) ?? alone(tooMany))
      : alone(judge(when));
}

const tooMany: When = {
  kind: 'failed',
  message: 'more people, agents and jobs stand behind the run than rules can be asked about',
};

function alone(when: When): readonly Seen[] {
  return [{ initiator: null, when }];
}
