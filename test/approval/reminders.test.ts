import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  dueNotices,
  type Notice,
  nextNoticeMs,
  type Waiting,
} from '../../src/approval/reminders.ts';
import { formatTime } from '../../src/base/clock.ts';
import { aSlot } from './builders.ts';
import { aRequest } from './request-builders.ts';

const minute = 60_000;
const createdMs = Date.parse('2026-03-02T01:00:00.000Z');

/** Asks the peers every ten minutes, the leads after fifteen and the head after forty; pending for an hour. */
function waiting(more: Partial<Waiting> = {}): Waiting {
  const escalate = [
    { after_ms: 15 * minute, to: ['group:leads'], eligible: ['kim'] },
    { after_ms: 40 * minute, to: ['lee'], eligible: ['lee'] },
  ];
  const { policy } = aRequest();
  return {
    content: {
      limits: {
        created: formatTime(createdMs),
        pending_until: formatTime(createdMs + 60 * minute),
        unused_ms: 10 * minute,
        remind_ms: 10 * minute,
      },
      policy: { ...policy, slots: [aSlot('a/peer', ['robin'], { escalate })] },
    },
    missing: ['a/peer'],
    told: [],
    ...more,
  };
}

function told(at: number, more: Partial<Waiting> = {}): readonly string[] {
  return dueNotices(waiting(more), createdMs + at * minute).map(
    ({ kind, nth, to }) => `${kind} ${nth} ${to.join(',')}`,
  );
}

describe('what is to be told', () => {
  test.each([
    [9, []],
    [10, ['reminder 1 robin']],
    [15, ['escalation 1 kim', 'reminder 1 robin,kim']],
    [45, ['escalation 1 kim', 'escalation 2 lee', 'reminder 4 robin,kim,lee']],
    [60, []],
  ])('after %i minutes', (at, expected) => {
    expect(told(at)).toEqual(expected);
  });

  test('nothing of a slot that somebody has filled', () => {
    expect(told(45, { missing: [] })).toEqual([]);
  });

  test('each once, however often anybody looks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 59 }), { maxLength: 200 }), (looks) => {
        const all: Notice[] = [];
        for (const at of looks.toSorted((a, b) => a - b)) {
          all.push(...dueNotices(waiting({ told: all }), createdMs + at * minute));
          expect(dueNotices(waiting({ told: all }), createdMs + at * minute)).toEqual([]);
        }
        const names = all.map(({ kind, nth }) => `${kind} ${nth}`);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  test('and when to look next is when there is something', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 59 * minute }), (age) => {
        const nowMs = createdMs + age;
        const known = { ...waiting(), told: dueNotices(waiting(), nowMs) };
        const nextMs = nextNoticeMs(known, nowMs);
        if (nextMs === null) {
          expect(dueNotices(known, createdMs + 60 * minute - 1)).toEqual([]);
        } else {
          expect(dueNotices(known, nextMs - 1)).toEqual([]);
          expect(dueNotices(known, nextMs)).not.toEqual([]);
        }
      }),
    );
  });
});
