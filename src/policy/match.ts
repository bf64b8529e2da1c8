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
  any(season: Season): When;
  /** For what relieves: it matches where it does in every view. */
  every(season: Season): When;
  /** The outcome in each view. */
  each(season: Season): readonly Seen[];
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
  { calendars }: Pick<Policy, 'calendars'>,
  { facts, views }: Sight,
  nowMs: number,
): Matcher {
  const known = new Map<string, boolean>();
  const plain = openWhen(facts, nowMs);
  const judges = views?.map((initiator) => ({
    initiator,
    judge: openWhen({ ...facts, initiator }, nowMs),
  }));
  return {
    each,
    any: (season) => {
      const outcomes = each(season).map(({ when }) => when);
      return (
        outcomes.find(({ kind }) => kind === 'failed') ??
        outcomes.find(({ kind }) => kind === 'matched') ?? { kind: 'unmatched' }
      );
    },
    every: (season) => {
      const outcomes = each(season).map(({ when }) => when);
      return (
        outcomes.find(({ kind }) => kind === 'failed') ??
        outcomes.find(({ kind }) => kind === 'unmatched') ?? { kind: 'matched' }
      );
    },
  };

  function each({ when, during = [], outside = [] }: Season): readonly Seen[] {
    const missing = [...during, ...outside].find((name) => !Object.hasOwn(calendars, name));
    if (missing !== undefined) {
      return one({ kind: 'failed', message: `there is no calendar \`${missing}\`` });
    }
    const inTime = (during.length === 0 || during.some(open)) && !outside.some(open);
    if (!inTime) {
      return one({ kind: 'unmatched' });
    }
    if (when === null || !when.includes('initiator')) {
      return one(plain(when));
    }
    return (
      judges?.map(({ initiator, judge }) => ({ initiator, when: judge(when) })) ?? one(tooMany)
    );
  }

  function open(name: string): boolean {
    const calendar = calendars[name];
    const answer = known.get(name) ?? (calendar !== undefined && isOpen(calendar, nowMs));
    known.set(name, answer);
    return answer;
  }
}

const tooMany: When = {
  kind: 'failed',
  message: 'more people, agents and jobs stand behind the run than rules can be asked about',
};

function one(when: When): readonly Seen[] {
  return [{ initiator: null, when }];
}
