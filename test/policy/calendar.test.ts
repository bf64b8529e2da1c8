import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../../src/policy/calendar.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';

function at(written: string, time: string): boolean {
  const { calendars } = parsePolicy(`calendars: { it: ${written} }`, 'policy.yaml');
  const { it } = calendars;
  if (it === undefined) {
    throw new Error('no calendar');
  }
  return isOpen(it, Date.parse(time));
}

describe('business hours', () => {
  const office =
    '{ timezone: Europe/Madrid, days: [mon, tue, wed, thu, fri], hours: "08:00-18:00" }';

  test('are those of their own zone', () => {
    expect(at(office, '2026-03-02T07:00:00.000Z')).toBe(true);
    expect(at(office, '2026-03-02T06:59:59.999Z')).toBe(false);
  });

  test('are over at their end', () => {
    expect(at(office, '2026-03-02T16:59:59.999Z')).toBe(true);
    expect(at(office, '2026-03-02T17:00:00.000Z')).toBe(false);
  });

  test('follow the clock through the year', () => {
    expect(at(office, '2026-07-06T06:00:00.000Z')).toBe(true);
    expect(at(office, '2026-01-05T06:00:00.000Z')).toBe(false);
  });

  test('keep their days', () => {
    expect(at(office, '2026-03-06T10:00:00.000Z')).toBe(true);
    expect(at(office, '2026-03-07T10:00:00.000Z')).toBe(false);
    // Sunday evening in London, and Monday in Tokyo.
    const tokyo = '{ timezone: Asia/Tokyo, days: [mon] }';
    expect(at(tokyo, '2026-03-01T16:00:00.000Z')).toBe(true);
  });

  test('without days are those of every day, and days without hours are whole ones', () => {
    expect(at('{ timezone: UTC, hours: "08:00-09:00" }', '2026-03-01T08:30:00.000Z')).toBe(true);
    expect(at('{ timezone: UTC, days: [sun] }', '2026-03-01T23:59:59.000Z')).toBe(true);
    expect(at('{ timezone: UTC, hours: "00:00-24:00" }', '2026-03-01T23:59:59.000Z')).toBe(true);
  });
});

describe('hours over midnight', () => {
  const night = '{ timezone: UTC, days: [fri], hours: "22:00-06:00" }';

  test('begin on their day and end on the next', () => {
    expect(at(night, '2026-03-06T22:00:00.000Z')).toBe(true);
    expect(at(night, '2026-03-07T05:59:59.000Z')).toBe(true);
    expect(at(night, '2026-03-07T06:00:00.000Z')).toBe(false);
  });

  test('do not begin with the night before', () => {
    expect(at(night, '2026-03-06T02:00:00.000Z')).toBe(false);
    expect(at(night, '2026-03-07T22:00:00.000Z')).toBe(false);
  });

  test('may go round the clock', () => {
    const day = '{ timezone: UTC, days: [sat], hours: "09:00-09:00" }';
    expect(at(day, '2026-03-07T09:00:00.000Z')).toBe(true);
    expect(at(day, '2026-03-08T08:59:00.000Z')).toBe(true);
    expect(at(day, '2026-03-08T09:00:00.000Z')).toBe(false);
  });
});

describe('when clocks change', () => {
  test('the hour that does not exist is never open', () => {
    // In Berlin on 29 March 2026 the clock goes from 02:00 to 03:00.
    const small = '{ timezone: Europe/Berlin, hours: "02:00-03:00" }';
    expect(at(small, '2026-03-29T00:59:00.000Z')).toBe(false);
    expect(at(small, '2026-03-29T01:00:00.000Z')).toBe(false);
    expect(at(small, '2026-03-30T00:30:00.000Z')).toBe(true);
  });

  test('the hour that comes twice is open twice', () => {
    // In Berlin on 25 October 2026 the clock goes from 03:00 back to 02:00.
    const small = '{ timezone: Europe/Berlin, hours: "02:00-03:00" }';
    expect(at(small, '2026-10-25T00:30:00.000Z')).toBe(true);
    expect(at(small, '2026-10-25T01:30:00.000Z')).toBe(true);
    expect(at(small, '2026-10-25T02:00:00.000Z')).toBe(false);
  });

  test('hours over midnight are as long as that night', () => {
    const night = '{ timezone: Europe/Berlin, days: [sat], hours: "22:00-06:00" }';
    const open = (from: string, hours: number) =>
      Array.from({ length: hours }, (_, hour) => Date.parse(from) + hour * 3_600_000).filter((ms) =>
        at(night, new Date(ms).toISOString()),
      ).length;
    expect(open('2026-03-07T12:00:00.000Z', 36)).toBe(8);
    expect(open('2026-03-28T12:00:00.000Z', 36)).toBe(7);
    expect(open('2026-10-24T12:00:00.000Z', 36)).toBe(9);
  });
});

describe('a freeze', () => {
  const freeze = '{ timezone: Europe/Madrid, from: 2026-12-20T00:00, to: 2027-01-02T00:00 }';

  test('lasts from its first minute up to its last, by the clock of its zone', () => {
    expect(at(freeze, '2026-12-19T22:59:59.999Z')).toBe(false);
    expect(at(freeze, '2026-12-19T23:00:00.000Z')).toBe(true);
    expect(at(freeze, '2027-01-01T22:59:59.999Z')).toBe(true);
    expect(at(freeze, '2027-01-01T23:00:00.000Z')).toBe(false);
  });

  test('may stand beside hours', () => {
    const both =
      '{ timezone: UTC, windows: [{ days: [sun] }, { from: 2026-12-20T00:00, to: 2026-12-24T00:00 }] }';
    expect(at(both, '2026-12-27T10:00:00.000Z')).toBe(true);
    expect(at(both, '2026-12-22T10:00:00.000Z')).toBe(true);
    expect(at(both, '2026-12-25T10:00:00.000Z')).toBe(false);
  });
});

test('every moment lies in hours or in those that begin where they end', () => {
  const zones = fc.constantFrom('Europe/Madrid', 'America/St_Johns', 'Pacific/Chatham', 'UTC');
  const minutes = fc.integer({ min: 0, max: 1439 });
  fc.assert(
    fc.property(
      zones,
      fc.date({
        min: new Date('1980-01-01'),
        max: new Date('2099-12-31'),
        noInvalidDate: true,
      }),
      fc.tuple(minutes, minutes).filter(([from, to]) => from !== to),
      (timezone, date, [from, to]) => {
        const days = [0, 1, 2, 3, 4, 5, 6];
        const open = (window: { from: number; to: number }) =>
          isOpen({ timezone, windows: [{ kind: 'weekly', days, ...window }] }, date.getTime());
        expect(open({ from, to })).toBe(!open({ from: to, to: from }));
      },
    ),
  );
});
