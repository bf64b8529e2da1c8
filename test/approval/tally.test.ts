import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type TallyInput, tally } from '../../src/approval/tally/tally.ts';
import { assurances, type Slot } from '../../src/policy/policy.ts';
import { aDecision, aSlot, aTally } from './builders.ts';

const peer = aSlot('peer', ['ana', 'bob', 'carol']);

describe('a request', () => {
  test('stays open and says what is missing', () => {
    const owners = aSlot('owner', ['carol'], { count: 1, from: ['group:data_owners'] });
    expect(tally(aTally([peer, owners], [aDecision('bob', 10)]))).toEqual({
      kind: 'open',
      missing: [{ slot: 'owner', count: 1, from: ['group:data_owners'] }],
    });
  });

  test('is granted when the last place is filled, from that moment on', () => {
    const two = { ...peer, count: 2 };
    expect(tally(aTally([two], [aDecision('bob', 10), aDecision('carol', 12)]))).toEqual({
      kind: 'granted',
      at: 12_000,
      until: 612_000,
      by: [
        { slot: 'peer', person: 'bob' },
        { slot: 'peer', person: 'carol' },
      ],
      usesLeft: 1,
    });
  });

  test('counts nobody twice, however often they approve', () => {
    const two = { ...peer, count: 2 };
    const decisions = [aDecision('bob', 10), aDecision('bob', 11), aDecision('bob', 12)];
    expect(tally(aTally([two], decisions))).toEqual({
      kind: 'open',
      missing: [{ slot: 'peer', count: 1, from: ['*'] }],
    });
  });

  test('lets nobody fill two slots', () => {
    const slots = [aSlot('a', ['bob']), aSlot('b', ['bob'])];
    expect(tally(aTally(slots, [aDecision('bob', 10)])).kind).toBe('open');
  });

  test('seats people so that all slots fill, whoever decided first', () => {
    const slots = [aSlot('any', ['bob', 'carol']), aSlot('owner', ['bob'])];
    const first = [aDecision('bob', 10), aDecision('carol', 11)];
    const last = [aDecision('carol', 10), aDecision('bob', 11)];
    expect(tally(aTally(slots, first)).kind).toBe('granted');
    expect(tally(aTally(slots, last)).kind).toBe('granted');
  });

  test('does not count a person who is no longer eligible', () => {
    const input = aTally([peer], [aDecision('bob', 10)], { eligible: () => ['carol'] });
    expect(tally(input).kind).toBe('open');
  });

  test('takes a higher level for a lower one, never a lower for a higher', () => {
    const signed = aSlot('owner', ['bob'], { assurance: 'A2' });
    const by = (assurance: (typeof assurances)[number]) =>
      tally(aTally([signed], [aDecision('bob', 10, { assurance })])).kind;
    expect(assurances.map(by)).toEqual(['open', 'open', 'granted', 'granted']);
  });

  test('takes no signature without a touch where a touch is demanded', () => {
    const slot = aSlot('owner', ['bob'], { assurance: 'A3', presence: true });
    expect(tally(aTally([slot], [aDecision('bob', 10, { presence: false })])).kind).toBe('open');
    expect(tally(aTally([slot], [aDecision('bob', 10)])).kind).toBe('granted');
  });

  test('that asks for nobody is never granted', () => {
    expect(tally(aTally([], [])).kind).not.toBe('granted');
  });
});

describe('a reject', () => {
  test('ends the request, with its reason', () => {
    const no = aDecision('carol', 11, { decision: 'reject', reason: 'not on a Friday' });
    expect(tally(aTally([peer], [aDecision('bob', 10), no]))).toEqual({
      kind: 'rejected',
      by: 'carol',
      reason: 'not on a Friday',
    });
  });

  test('is not taken back by a later approval', () => {
    const no = aDecision('bob', 10, { decision: 'reject' });
    expect(tally(aTally([peer], [no, aDecision('bob', 11)])).kind).toBe('rejected');
  });

  test('by somebody who could never approve changes nothing', () => {
    const no = aDecision('mallory', 11, { decision: 'reject' });
    expect(tally(aTally([peer], [aDecision('bob', 10), no])).kind).toBe('granted');
  });

  test('still counts after its author lost the group', () => {
    const no = aDecision('carol', 11, { decision: 'reject' });
    const input = aTally([peer], [aDecision('bob', 10), no], { eligible: () => ['bob'] });
    expect(tally(input).kind).toBe('rejected');
  });
});

describe('a revocation', () => {
  const revocation = aDecision('bob', 11, { decision: 'revoke' });

  test('takes the grant back and says who did', () => {
    expect(tally(aTally([peer], [aDecision('bob', 10), revocation]))).toEqual({
      kind: 'revoked',
      by: 'bob',
      missing: [{ slot: 'peer', count: 1, from: ['*'] }],
    });
  });

  test('by one of many leaves an open request open', () => {
    const two = { ...peer, count: 2 };
    expect(tally(aTally([two], [aDecision('bob', 10), revocation])).kind).toBe('open');
  });

  test('outlives an approval that was signed before it and handed in after it', () => {
    const replayed = aDecision('bob', 12, { logSize: 10 });
    expect(tally(aTally([peer], [aDecision('bob', 10), revocation, replayed])).kind).toBe(
      'revoked',
    );
  });

  test('undoes an earlier approval, however much of the log that claims to have seen', () => {
    const decisions = [aDecision('bob', 10, { logSize: 999 }), revocation];
    expect(tally(aTally([peer], decisions)).kind).toBe('revoked');
  });

  test('gives way to an approval whose signer saw it', () => {
    const anew = aDecision('bob', 12, { logSize: 12 });
    expect(tally(aTally([peer], [aDecision('bob', 10), revocation, anew]))).toMatchObject({
      kind: 'granted',
      at: 12_000,
    });
  });

  test('of one person leaves the approval of another', () => {
    const decisions = [aDecision('carol', 9), aDecision('bob', 10), revocation];
    expect(tally(aTally([peer], decisions)).kind).toBe('granted');
  });
});

describe('time', () => {
  test('is up for an open request at the limit, not before', () => {
    const at = (nowMs: number) => tally(aTally([peer], [], { nowMs, pendingUntilMs: 50_000 }));
    expect(at(49_999).kind).toBe('open');
    expect(at(50_000)).toEqual({ kind: 'expired', which: 'pending' });
  });

  test('is up for an approval that nobody claimed', () => {
    const at = (nowMs: number) =>
      tally(aTally([peer], [aDecision('bob', 10)], { nowMs, unusedMs: 5000 }));
    expect(at(14_999).kind).toBe('granted');
    expect(at(15_000)).toEqual({ kind: 'expired', which: 'unused' });
  });

  test('starts anew when a use ends, so that a slow retry still may use its grant', () => {
    const at = (nowMs: number) =>
      tally(
        aTally([peer], [aDecision('bob', 10)], {
          nowMs,
          unusedMs: 5000,
          uses: 2,
          used: 1,
          lastUseMs: 60_000,
        }),
      );
    expect(at(64_999).kind).toBe('granted');
    expect(at(65_000)).toEqual({ kind: 'expired', which: 'unused' });
  });

  test('does not wait for an approval that came at the limit', () => {
    const input = aTally([peer], [aDecision('bob', 50)], { nowMs: 60_000, pendingUntilMs: 50_000 });
    expect(tally(input)).toEqual({ kind: 'expired', which: 'pending' });
  });

  test('does not run anew for an approval that came after the grant', () => {
    const decisions = [aDecision('bob', 10), aDecision('carol', 40)];
    expect(tally(aTally([peer], decisions, { nowMs: 41_000, unusedMs: 5000 })).kind).toBe(
      'expired',
    );
  });
});

describe('a grant', () => {
  test('is used up one claim at a time', () => {
    const after = (used: number) =>
      tally(aTally([peer], [aDecision('bob', 10)], { uses: 3, used }));
    expect([0, 1, 2].map((used) => after(used))).toMatchObject([
      { usesLeft: 3 },
      { usesLeft: 2 },
      { usesLeft: 1 },
    ]);
    expect(after(3)).toEqual({ kind: 'spent' });
  });
});

const names = ['ana', 'bob', 'carol', 'dave', 'eve'];
const anyPeople = fc.subarray(names);
/** Mostly modest demands, so that both answers are common. */
const anySlots = fc
  .array(
    fc.record({
      eligible: fc.subarray(names, { minLength: 1 }),
      count: fc.constantFrom(1, 1, 1, 2),
      assurance: fc.constantFrom('A0', 'A0', ...assurances),
      presence: fc.constantFrom(false, false, true),
    }),
    { minLength: 1, maxLength: 2 },
  )
  .map((slots) =>
    slots.map((slot, index): Slot => ({ ...aSlot(`s${index}`, slot.eligible), ...slot })),
  );
const oftenApprove = [...Array<'approve'>(8).fill('approve'), 'reject', 'revoke'] as const;
const anyDecisions = fc
  .array(
    fc.record({
      person: fc.constantFrom(...names),
      assurance: fc.constantFrom(...assurances),
      presence: fc.boolean(),
      decision: fc.constantFrom(...oftenApprove),
    }),
    { maxLength: 8 },
  )
  .map((all) => all.map((one, index) => aDecision(one.person, 10 + index, one)));
const oneApprovalEach = fc
  .subarray(names)
  .chain((people) =>
    fc
      .tuple(
        ...people.map(() =>
          fc.record({ assurance: fc.constantFrom(...assurances), presence: fc.boolean() }),
        ),
      )
      .map((levels) => people.map((person, index) => aDecision(person, 10 + index, levels[index]))),
  );

/** Whatever is granted under the stricter input is granted under the milder one. */
function impliesGrant(strict: TallyInput, mild: TallyInput): void {
  if (tally(strict).kind === 'granted') {
    expect(tally(mild).kind).toBe('granted');
  }
}

test('another slot never turns a no into a yes', () => {
  fc.assert(
    fc.property(anySlots, anySlots, anyDecisions, (slots, others, decisions) => {
      const more = [...slots, ...others.map((slot) => ({ ...slot, id: `more/${slot.id}` }))];
      impliesGrant(aTally(more, decisions), aTally(slots, decisions));
    }),
  );
});

test('an exclusion never turns a no into a yes', () => {
  fc.assert(
    fc.property(anySlots, anyDecisions, anyPeople, (slots, decisions, out) => {
      const eligible = (slot: Slot) => slot.eligible.filter((name) => !out.includes(name));
      impliesGrant(aTally(slots, decisions, { eligible }), aTally(slots, decisions));
    }),
  );
});

test('a reject or a revocation never turns a no into a yes', () => {
  fc.assert(
    fc.property(
      anySlots,
      anyDecisions,
      fc.constantFrom(...names),
      fc.constantFrom('reject' as const, 'revoke' as const),
      (slots, decisions, person, decision) => {
        const more = [...decisions, aDecision(person, 99, { decision })];
        impliesGrant(aTally(slots, more), aTally(slots, decisions));
      },
    ),
  );
});

test('the order in which people approve decides nothing but when', () => {
  fc.assert(
    fc.property(anySlots, oneApprovalEach, (slots, decisions) => {
      const turned = decisions.map((one, index) => ({
        ...one,
        seq: 99 - index,
        logSize: 99 - index,
      }));
      const when = { at: 0, until: 0 };
      expect({ ...tally(aTally(slots, turned)), ...when }).toEqual({
        ...tally(aTally(slots, decisions)),
        ...when,
      });
    }),
  );
});

test('everybody who fills a slot was eligible, sure enough and alone in it', () => {
  fc.assert(
    fc.property(anySlots, oneApprovalEach, (slots, decisions) => {
      const result = tally(aTally(slots, decisions));
      if (result.kind !== 'granted') {
        return;
      }
      const { by } = result;
      expect(new Set(by.map(({ person }) => person)).size).toBe(by.length);
      for (const slot of slots) {
        const here = by.filter((one) => one.slot === slot.id).map(({ person }) => person);
        expect(here).toHaveLength(slot.count);
        expect(slot.eligible).toEqual(expect.arrayContaining(here));
      }
    }),
  );
});
