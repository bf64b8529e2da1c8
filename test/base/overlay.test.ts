import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { withValue } from '../../src/base/overlay.ts';

test('a map with changed values reads as a copy would, and the one before stays as it was', () => {
  const changes = fc.array(fc.tuple(fc.nat({ max: 39 }), fc.integer()), { maxLength: 120 });
  fc.assert(
    fc.property(changes, (given) => {
      const base = new Map(Array.from({ length: 40 }, (_, at) => [`k${39 - at}`, at]));
      let copy: ReadonlyMap<string, number> = base;
      let map: ReadonlyMap<string, number> = base;
      for (const [at, value] of given) {
        const before = [...map];
        const after = withValue(map, `k${at}`, value);
        expect([...map]).toEqual(before);
        map = after;
        copy = new Map(copy).set(`k${at}`, value);
      }
      const told: [string, number][] = [];
      map.forEach((value, key) => told.push([key, value]));
      expect(told).toEqual([...copy]);
      expect([...map]).toEqual([...copy]);
      expect([...map.keys()]).toEqual([...copy.keys()]);
      expect([...map.values()]).toEqual([...copy.values()]);
      expect(map.size).toBe(40);
      expect(map.has('k40')).toBe(false);
      expect(map.get('k40')).toBeUndefined();
      expect(map.get('k7')).toBe(copy.get('k7'));
    }),
  );
});

test('every map of a long row can be read again, in any order, and goes on from there', () => {
  const changes = fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 4 }), fc.integer()), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(changes, (given) => {
      const base: ReadonlyMap<number, number> = new Map([0, 1, 2, 3, 4].map((key) => [key, key]));
      const maps = [base];
      const copies = [base];
      for (const [from, key, value] of given) {
        const at = from % maps.length;
        maps.push(withValue(maps[at] ?? base, key, value));
        copies.push(
          new Map([...(copies[at] ?? base)].map(([own, old]) => [own, own === key ? value : old])),
        );
      }
      expect(maps.map((map) => [...map]).reverse()).toEqual(
        copies.map((copy) => [...copy]).reverse(),
      );
    }),
  );
});

test('a map that is being read stays as it was while the next one is made of it', () => {
  const first = withValue(new Map([1, 2, 3].map((key) => [key, 'old'])), 1, 'old');
  let next = first;
  const seen: number[] = [];
  const read: string[] = [];
  for (const [key, value] of first) {
    seen.push(key);
    read.push(value);
    next = withValue(withValue(next, 2, 'new'), 3, 'new');
  }
  expect([seen, read]).toEqual([
    [1, 2, 3],
    ['old', 'old', 'old'],
  ]);
  expect([...next.values()]).toEqual(['old', 'new', 'new']);
  expect(withValue(next, 4, 'new').has(4)).toBe(false);
});
