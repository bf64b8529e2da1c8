import type { Initiator, People, Person } from '../../src/approval/people/people.ts';
import type { TallyDecision, TallyInput } from '../../src/approval/tally/tally.ts';
import type { Slot } from '../../src/policy/policy.ts';

export function aPerson(name: string, more: Partial<Person> = {}): Person {
  return {
    name,
    groups: [],
    sshKeys: [],
    osUsers: [],
    slack: [],
    teams: [],
    emails: [],
    oidc: [],
    agents: [],
    agentUsers: {},
    ...more,
  };
}

/** Ana and bob run the cluster, carol owns the data and an agent. */
export const crew: People = {
  people: [
    aPerson('ana', { groups: ['sre'], osUsers: ['ana@web1'] }),
    aPerson('bob', { groups: ['sre'], osUsers: ['bob@web1'] }),
    aPerson('carol', { groups: ['data_owners'], osUsers: ['carol@web1'], agents: ['deploy-bot'] }),
  ],
};

export const byAna: Initiator = {
  kind: 'person',
  chain: [{ role: 'caller', identity: 'os:ana@web1', person: 'ana' }],
};

export function aSlot(id: string, eligible: readonly string[], more: Partial<Slot> = {}): Slot {
  return { id, count: 1, from: ['*'], eligible, assurance: 'A1', presence: false, ...more };
}

/** Decisions reach the journal one after the other: entry 10 at 10 s, entry 11 at 11 s, … */
export function aDecision(
  person: string,
  seq: number,
  more: Partial<TallyDecision> = {},
): TallyDecision {
  return {
    person,
    decision: 'approve',
    reason: null,
    assurance: 'A3',
    presence: true,
    verified: false,
    atMs: seq * 1000,
    logSize: seq,
    seq,
    ...more,
  };
}

export function aTally(
  slots: readonly Slot[],
  decisions: readonly TallyDecision[],
  more: Partial<TallyInput> = {},
): TallyInput {
  return {
    slots,
    decisions,
    uses: 1,
    used: 0,
    nowMs: 100_000,
    createdMs: 0,
    pendingUntilMs: 1_000_000,
    unusedMs: 600_000,
    eligible: (slot) => slot.eligible,
    ...more,
  };
}
