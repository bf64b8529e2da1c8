import { describe, expect, test } from 'vitest';
import { conflictOf, departedLink, eligibleFor } from '../../src/approval/eligible.ts';
import { resolveInitiator } from '../../src/approval/initiator.ts';
import type { People } from '../../src/approval/people.ts';
import { aPerson, byAna, crew } from './builders.ts';

describe('who may fill a slot', () => {
  const among = (from: readonly string[]) =>
    eligibleFor({ from }, { people: crew, initiator: byAna });

  test("are the group's members and the named people, never who asked", () => {
    expect(among(['group:sre'])).toEqual(['bob']);
    expect(among(['ana', 'carol'])).toEqual(['carol']);
    expect(among(['group:sre', 'group:data_owners', 'bob'])).toEqual(['bob', 'carol']);
  });

  test('is everybody else where anyone may', () => {
    expect(among(['*'])).toEqual(['bob', 'carol']);
  });

  test('is nobody where the group or the person is unknown', () => {
    expect(among(['group:dba'])).toEqual([]);
    expect(among(['dave', 'sre', 'group:', 'group:*', 'GROUP:sre'])).toEqual([]);
    expect(among([])).toEqual([]);
  });

  test('is not the owner of the agent that asked', () => {
    const initiator = resolveInitiator(crew, { osUser: 'ana@web1', agent: 'deploy-bot' });
    expect(eligibleFor({ from: ['*'] }, { people: crew, initiator })).toEqual(['bob']);
  });
});

describe('nobody slips out of the chain', () => {
  const among = (people: People) => eligibleFor({ from: ['*'] }, { people, initiator: byAna });

  test('by dropping the account they called from', () => {
    expect(among({ people: [aPerson('ana'), aPerson('bob')] })).toEqual(['bob']);
  });

  test('by going under another name', () => {
    const renamed = aPerson('anna', { osUsers: ['ana@web1'] });
    expect(among({ people: [renamed, aPerson('bob')] })).toEqual(['bob']);
  });

  test('by enrolling the account only after it called', () => {
    const stranger = {
      kind: 'unknown',
      chain: [{ role: 'caller', identity: 'os:eve@web1', person: null }],
    } as const;
    const people = { people: [aPerson('eve', { osUsers: ['eve@web1'] }), aPerson('bob')] };
    expect(eligibleFor({ from: ['*'] }, { people, initiator: stranger })).toEqual(['bob']);
  });
});

describe('somebody of the chain whom people.yaml no longer knows', () => {
  const byToken = {
    kind: 'person',
    chain: [{ role: 'caller', identity: 'token:0123456789abcdef', person: 'ana' }],
  } as const;

  test('keeps everybody from approving: they could be there under another name', () => {
    const renamed = { people: [aPerson('anna'), aPerson('bob')] };
    expect(eligibleFor({ from: ['*'] }, { people: renamed, initiator: byToken })).toEqual([]);
    expect(departedLink(renamed, byToken)?.person).toBe('ana');
  });

  test('is no obstacle once they are back under the name they had', () => {
    expect(eligibleFor({ from: ['*'] }, { people: crew, initiator: byToken })).toEqual([
      'bob',
      'carol',
    ]);
    expect(departedLink(crew, byToken)).toBeNull();
  });

  test('is told from an account that was nobody’s from the start', () => {
    const agent = resolveInitiator(crew, { osUser: 'bot@web1', agent: 'deploy-bot' });
    expect(departedLink(crew, agent)).toBeNull();
  });
});

test('a conflict names the link that matched', () => {
  const [ana, bob, carol] = crew.people;
  const initiator = resolveInitiator(crew, { osUser: 'ana@web1', agent: 'deploy-bot' });
  expect(ana && conflictOf(ana, initiator)?.identity).toBe('os:ana@web1');
  expect(bob && conflictOf(bob, initiator)).toBeNull();
  expect(carol && conflictOf(carol, initiator)?.identity).toBe('agent:deploy-bot');
});
