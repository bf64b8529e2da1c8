import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  beginHistory,
  historyAt,
  isTrusted,
  type KeyHistory,
  keyAt,
  newestKey,
  recoveryAt,
  recoveryNow,
  unprovenRanges,
  withKey,
  withRecovery,
} from '../../src/journal/key-history.ts';
import type { VerifierKey } from '../../src/journal/verifier-key.ts';

const aKey = (): VerifierKey => ({ name: 'runbook/x', publicKey: randomBytes(32) });

const since = '2026-11-20T00:00:00.000Z';
const before = '2026-11-19T00:00:00.000Z';
const after = '2026-11-21T00:00:00.000Z';

/** Rotated by the entries at these indexes, for the reason given. */
function rotatedAt(
  indexes: readonly number[],
  reason: 'rotation' | 'compromised' = 'rotation',
): KeyHistory {
  return indexes.reduce(
    (history, index) =>
      withKey(history, index, {
        key: aKey(),
        reason,
        compromisedSince: reason === 'compromised' ? since : null,
      }),
    beginHistory(aKey(), null),
  );
}

describe('which key signs', () => {
  test('the entry that names a key is in the first head it signs', () => {
    const history = rotatedAt([10]);
    const [old, next] = history.keys;
    expect(keyAt(history, 10)).toBe(old);
    expect(keyAt(history, 11)).toBe(next);
    expect(newestKey(history)).toBe(next);
    expect(old.ended).toEqual({ size: 10, reason: 'rotation', compromisedSince: null });
  });

  test('at every size exactly one key is trusted, whatever was rotated when', () => {
    const rotations = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 8 });
    fc.assert(
      fc.property(rotations, fc.integer({ min: 1, max: 70 }), (indexes, size) => {
        const history = rotatedAt([...indexes].sort((one, other) => one - other));
        const trusted = history.keys.filter(({ id }) => isTrusted(history, size, id));
        expect(trusted).toHaveLength(1);
        expect(trusted[0]).toBe(history.keys[indexes.filter((index) => index < size).length]);
      }),
    );
  });

  test('a recovery key is in force for later entries, not for the one that names it', () => {
    const history = withRecovery(withRecovery(beginHistory(aKey(), null), 3, 'one'), 7, 'two');
    const inForce = [3, 4, 7, 8].map((index) => recoveryAt(history, index)?.public ?? null);
    expect(inForce).toEqual([null, 'one', 'one', 'two']);
    expect(recoveryNow(history)?.public).toBe('two');
    expect(recoveryAt(beginHistory(aKey(), 'zero'), 1)?.public).toBe('zero');
  });
});

test('as of some size the history is what the entries before it say', () => {
  const history = withRecovery(rotatedAt([5, 9]), 12, 'one');
  expect(historyAt(history, 20)).toEqual(history);
  expect(historyAt(history, 12)).toEqual({ ...history, recoveries: [], changed: 9 });
  const [first] = history.keys;
  expect(historyAt(history, 5)).toEqual(beginHistory(first, null));
  expect(historyAt(history, 6).keys).toHaveLength(2);
});

describe('what a compromised key leaves unproven', () => {
  const compromised = rotatedAt([10], 'compromised');

  test('is all it signed where nobody outside has a head', () => {
    expect(unprovenRanges(compromised, [])).toMatchObject([{ from: 0, to: 10, since }]);
  });

  test('is what comes after the newest head from outside before the compromise', () => {
    const heads = [
      { size: 4, time: before },
      { size: 6, time: before },
      { size: 9, time: after },
    ];
    expect(unprovenRanges(compromised, heads)).toMatchObject([{ from: 6, to: 10 }]);
  });

  test('is not settled by heads of the very moment, later, or of no time', () => {
    const heads = [since, after, null, 'some day'].map((time) => ({ size: 9, time }));
    expect(unprovenRanges(compromised, heads)).toMatchObject([{ from: 0, to: 10 }]);
  });

  test('is nothing where such a head covers all of it', () => {
    expect(unprovenRanges(compromised, [{ size: 10, time: before }])).toEqual([]);
    expect(unprovenRanges(compromised, [{ size: 99, time: before }])).toEqual([]);
  });

  test('is nothing where keys were only rotated or lost', () => {
    expect(unprovenRanges(rotatedAt([5, 9]), [])).toEqual([]);
  });

  test('reaches back to the key before, and no further', () => {
    const twice = withKey(rotatedAt([5]), 10, {
      key: aKey(),
      reason: 'compromised',
      compromisedSince: since,
    });
    expect(unprovenRanges(twice, [])).toMatchObject([{ from: 5, to: 10 }]);
  });
});
