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
