import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Demand, matchPeople } from '../../src/approval/tally/matching.ts';

/** Tries every way to seat people: the most places that can be filled. */
function mostFilled(places: readonly (readonly string[])[], taken: readonly string[] = []): number {
  const [place, ...rest] = places;
  if (place === undefined) {
    return 0;
  }
  const seated = place
    .filter((person) => !taken.includes(person))
    .map((person) => 1 + mostFilled(rest, [...taken, person]));
  return Math.max(mostFilled(rest, taken), ...seated);
}

const demands = fc
  .array(
    fc.record({
      count: fc.integer({ min: 1, max: 2 }),
      people: fc.shuffledSubarray(['ana', 'bob', 'carol', 'dave', 'eve']),
    }),
    { maxLength: 4 },
  )
  .map((all) => all.map((one, index): Demand => ({ slot: `s${index}`, ...one })));

test('as many places are filled as any seating could fill', () => {
  fc.assert(
    fc.property(demands, (all) => {
      const places = all.flatMap(({ count, people }) =>
        Array.from({ length: count }, () => people),
      );
      const { filled, missing } = matchPeople(all);
      expect(filled).toHaveLength(mostFilled(places));
      expect(missing.reduce((sum, { count }) => sum + count, filled.length)).toBe(places.length);
    }),
  );
});

test('everybody sits once, where they may sit', () => {
  fc.assert(
    fc.property(demands, (all) => {
      const { filled } = matchPeople(all);
      expect(new Set(filled.map(({ person }) => person)).size).toBe(filled.length);
      for (const { slot, person } of filled) {
        expect(all.find((demand) => demand.slot === slot)?.people).toContain(person);
      }
    }),
  );
});

test('earlier slots are filled first where not all can be', () => {
  const one = (slot: string): Demand => ({ slot, count: 1, people: ['bob'] });
  expect(matchPeople([one('first'), one('second')]).missing).toEqual([
    { slot: 'second', count: 1 },
  ]);
});
