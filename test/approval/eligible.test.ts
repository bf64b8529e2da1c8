import { describe, expect, test } from 'vitest';
import { resolveInitiator } from '../../src/approval/people/initiator.ts';
import type { ChainLink, People } from '../../src/approval/people/people.ts';
import {
  conflictOf,
  departedLink,
  eligibleFor,
  ever,
  letsIn,
  sourcesOf,
} from '../../src/approval/tally/eligible.ts';
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

describe('a slot', () => {
  const of = { people: crew, initiator: byAna };

  test('takes the people of its lists as they were asked, and no others', () => {
    const slot = { from: ['list:oncall'], lists: { oncall: ['carol', 'ana'], heads: ['bob'] } };
    expect(eligibleFor(slot, of)).toEqual(['carol']);
    expect(eligibleFor({ from: ['list:oncall'] }, of)).toEqual([]);
    expect(eligibleFor({ from: ['list:toString'], lists: {} }, of)).toEqual([]);
  });

  test('takes no group or wildcard from a list', () => {
    expect(
      eligibleFor({ from: ['list:oncall'], lists: { oncall: ['*', 'group:sre'] } }, of),
    ).toEqual([]);
  });

  test('is open to further people from the moment it is escalated', () => {
    const slot = {
      from: ['bob'],
      escalate: [
        { after_ms: 1000, to: ['group:data_owners'] },
        { after_ms: 2000, to: ['ana', 'list:heads'] },
      ],
      lists: { heads: [] },
    };
    expect(eligibleFor(slot, of)).toEqual(['bob']);
    expect(eligibleFor(slot, of, 999)).toEqual(['bob']);
    expect(eligibleFor(slot, of, 1000)).toEqual(['bob', 'carol']);
    expect(eligibleFor(slot, of, ever)).toEqual(['bob', 'carol']);
    expect(sourcesOf(slot, 1000)).toEqual(['bob', 'group:data_owners']);
  });

  test('is not filled by whom it excludes, however they are named', () => {
    const excluded = [{ person: 'bob', why: 'step_author' as const }];
    for (const from of [['*'], ['bob'], ['group:sre']]) {
      expect(eligibleFor({ from, excluded }, of)).not.toContain('bob');
    }
    const later = { from: ['carol'], excluded, escalate: [{ after_ms: 0, to: ['bob'] }] };
    expect(eligibleFor(later, of, ever)).toEqual(['carol']);
  });

  test('of break-glass may be filled by whoever acts, if it names them', () => {
    expect(eligibleFor({ from: ['group:sre'], own: true }, of)).toEqual(['ana', 'bob']);
    expect(eligibleFor({ from: ['carol'], own: true }, of)).toEqual(['carol']);
  });

  test('lets in only whom it names', () => {
    const ana = crew.people[0] ?? aPerson('ana');
    expect(letsIn([{ from: ['group:sre'], own: true }], ana, byAna)).toBe(true);
    expect(letsIn([{ from: ['carol'], own: true }], ana, byAna)).toBe(false);
    expect(letsIn([{ from: ['*'] }], ana, byAna)).toBe(false);
  });
});

describe("under supervision an agent's owner", () => {
  const slot = { from: ['*'], supervised: true as const };
  const token: ChainLink = { role: 'caller', identity: 'token:4f7k', person: null };
  const agent: ChainLink = { role: 'agent', identity: 'agent:deploy-bot', person: null };
  const owner: ChainLink = { role: 'agent_owner', identity: 'person:carol', person: 'carol' };
  const who = (...chain: readonly ChainLink[]) =>
    eligibleFor(slot, { people: crew, initiator: { kind: 'agent', chain } });

  test('may decide what the agent does with a token of its own', () => {
    expect(who(token, agent, owner)).toEqual(['ana', 'bob', 'carol']);
    expect(
      eligibleFor(
        { from: ['*'] },
        { people: crew, initiator: { kind: 'agent', chain: [token, agent, owner] } },
      ),
    ).toEqual(['ana', 'bob']);
  });

  test('may not where an account says that it is the agent', () => {
    const account: ChainLink = { role: 'caller', identity: 'os:robot@web1', person: null };
    expect(who(account, agent, owner)).not.toContain('carol');
  });

  test('may not where anything else ties them to the run', () => {
    const more: readonly ChainLink[] = [
      { role: 'resumer', identity: 'os:carol@web1', person: 'carol' },
      { role: 'resumer', identity: 'token:9xyz', person: 'carol' },
      { role: 'signer', identity: 'ssh:ssh-ed25519 AAAA', person: 'carol' },
      { role: 'on_behalf_of', identity: 'person:carol', person: 'carol' },
    ];
    for (const link of more) {
      expect(who(token, agent, owner, link), link.role).not.toContain('carol');
    }
  });

  test('may not where a token of their own names the agent', () => {
    const own: ChainLink = { role: 'caller', identity: 'token:9xyz', person: 'carol' };
    expect(who(own, agent, owner)).not.toContain('carol');
  });

  test('may not where the agent stands in the chain by its word alone', () => {
    const job: ChainLink = { role: 'ci', identity: 'ci:github/acme', person: null };
    expect(who(token, job, agent, owner)).not.toContain('carol');
    const other: ChainLink = { role: 'agent', identity: 'agent:helper', person: null };
    const otherOwner: ChainLink = { role: 'agent_owner', identity: 'person:bob', person: 'bob' };
    expect(who(token, other, otherOwner, agent, owner)).toEqual(['ana', 'bob']);
  });

  test('may not where anybody used an account of a host', () => {
    const someone: ChainLink = { role: 'resumer', identity: 'os:bob@web1', person: 'bob' };
    expect(who(token, agent, owner, someone)).toEqual(['ana']);
  });
});
