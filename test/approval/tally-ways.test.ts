import { describe, expect, test } from 'vitest';
import { missingOf, type TallyDecision, tally } from '../../src/approval/tally/tally.ts';
import type { Slot } from '../../src/policy/policy.ts';
import { aDecision, aSlot, aTally } from './builders.ts';

const approvedBy = (...names: readonly string[]) =>
  names.map((name, index) => aDecision(name, 10 + index));

describe('alternatives', () => {
  const way = (rule: string, option: number, slot: Slot): Slot => ({
    ...slot,
    any: { rule, option },
  });
  const oncall = way('a', 0, aSlot('a/oncall', ['dave']));
  const pair = way('a', 1, aSlot('a/pair', ['bob', 'carol'], { count: 2 }));
  const stand = (slots: readonly Slot[], ...names: readonly string[]) =>
    tally(aTally(slots, approvedBy(...names)));

  test('are met by any one of them', () => {
    expect(stand([oncall, pair], 'dave')).toMatchObject({
      kind: 'granted',
      by: [{ slot: 'a/oncall', person: 'dave' }],
    });
    expect(stand([oncall, pair], 'bob', 'carol')).toMatchObject({ kind: 'granted' });
  });

  test('are not met by halves of several', () => {
    const two = way('a', 0, aSlot('a/two', ['dave', 'eve'], { count: 2 }));
    expect(stand([two, pair], 'dave', 'bob').kind).toBe('open');
  });

  test('stand beside what is asked in any case', () => {
    const owner = aSlot('owner', ['bob']);
    expect(stand([owner, oncall, pair], 'dave').kind).toBe('open');
    expect(stand([owner, oncall, pair], 'dave', 'bob').kind).toBe('granted');
    expect(stand([owner, oncall, pair], 'bob', 'carol').kind).toBe('open');
  });

  test('of several rules are each met, by different people', () => {
    const others = [way('b', 0, aSlot('b/oncall', ['dave'])), way('b', 1, aSlot('b/eve', ['eve']))];
    expect(stand([oncall, pair, ...others], 'dave').kind).toBe('open');
    expect(stand([oncall, pair, ...others], 'dave', 'eve').kind).toBe('granted');
  });

  test('lack what the way nearest to complete lacks', () => {
    expect(missingOf(stand([oncall, pair]))).toEqual([{ slot: 'a/oncall', count: 1, from: ['*'] }]);
    const three = way('a', 0, aSlot('a/three', ['dave', 'eve', 'frank'], { count: 3 }));
    expect(missingOf(stand([three, pair], 'bob'))).toEqual([
      { slot: 'a/pair', count: 1, from: ['*'] },
    ]);
  });

  test('in more ways than anybody looks through are never met', () => {
    const rules = Array.from({ length: 7 }, (_, at) => `r${at}`);
    const slots = rules.flatMap((rule) => [
      way(rule, 0, aSlot(`${rule}/x`, ['bob'])),
      way(rule, 1, aSlot(`${rule}/y`, ['carol'])),
    ]);
    expect(stand(slots, 'bob', 'carol').kind).toBe('open');
  });
});

describe('an escalated slot', () => {
  const slot: Slot = {
    ...aSlot('s', ['bob']),
    escalate: [{ after_ms: 20_000, to: ['group:heads'], eligible: ['carol'] }],
  };
  const eligible = ({ eligible: asked, escalate = [] }: Slot, ageMs: number) => [
    ...asked,
    ...escalate.filter(({ after_ms }) => after_ms <= ageMs).flatMap((later) => later.eligible),
  ];
  const stand = (decisions: readonly TallyDecision[], nowMs = 100_000) =>
    tally(aTally([slot], decisions, { eligible, nowMs }));
  const carol = (atMs: number, more: Partial<TallyDecision> = {}) =>
    aDecision('carol', 10, { atMs, ...more });

  test('takes further people from that moment on', () => {
    expect(stand([carol(20_000)]).kind).toBe('granted');
    expect(stand([carol(19_999)]).kind).toBe('open');
  });

  test('does not take what they decided before, however long one waits', () => {
    expect(stand([carol(19_999)], 900_000).kind).toBe('open');
    expect(stand([carol(19_999, { decision: 'reject' })]).kind).toBe('open');
  });

  test('is ended by their no once they are asked, also after they left the group', () => {
    const no = carol(20_000, { decision: 'reject' });
    expect(stand([no]).kind).toBe('rejected');
    expect(tally(aTally([slot], [no], { eligible: () => ['bob'] })).kind).toBe('rejected');
  });

  test('says whom it waits for by now', () => {
    expect(missingOf(stand([], 19_999))).toMatchObject([{ from: ['*'] }]);
    expect(missingOf(stand([], 20_000))).toMatchObject([{ from: ['*', 'group:heads'] }]);
  });
});

test('a slot that asks for a PIN is filled by who proves one', () => {
  const slot = aSlot('s', ['bob'], { presence: true, verified: true });
  const stand = (verified: boolean) =>
    tally(aTally([slot], [aDecision('bob', 10, { verified })])).kind;
  expect(stand(true)).toBe('granted');
  expect(stand(false)).toBe('open');
});

test("a second, weaker approval takes nothing from somebody's first", () => {
  const slot = aSlot('s', ['bob'], { assurance: 'A3' });
  const twice = [aDecision('bob', 10), aDecision('bob', 20, { assurance: 'A0' })];
  expect(tally(aTally([slot], twice))).toMatchObject({ kind: 'granted', at: 10_000 });
});

describe('an approval', () => {
  const slots = [aSlot('s', ['bob'])];
  const given = [aDecision('bob', 10)];

  test('does not lie unused before the run may start', () => {
    const at = (nowMs: number) =>
      tally(aTally(slots, given, { nowMs, unusedMs: 5000, notBeforeMs: 60_000 }));
    expect(at(59_999)).toMatchObject({ kind: 'granted', until: 65_000 });
    expect(at(65_000)).toEqual({ kind: 'expired', which: 'unused' });
  });

  test('that holds for later runs ends with its window, whatever it was used for', () => {
    const at = (nowMs: number, lastUseMs: number | null = null) =>
      tally(
        aTally(slots, given, {
          nowMs,
          lastUseMs,
          uses: 3,
          used: 1,
          unusedMs: 1000,
          windowMs: 50_000,
        }),
      );
    expect(at(59_999)).toMatchObject({ kind: 'granted', until: 60_000, usesLeft: 2 });
    expect(at(60_000, 59_000)).toEqual({ kind: 'expired', which: 'unused' });
  });
});

test('slots that ask for nobody are never granted', () => {
  const at = (more: object) => tally(aTally([], [aDecision('bob', 10)], more)).kind;
  expect(at({})).toBe('open');
  expect(at({ notBeforeMs: 1_000_000 })).toBe('open');
});
