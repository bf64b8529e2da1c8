import { stricter } from './assurance.ts';
import {
  type Assurance,
  anyone,
  type Escalation,
  type Floor,
  type ListAnswer,
  type RuleSlot,
  type Slot,
  type SlotPeople,
} from './policy.ts';

/** A slot as rules ask for it, with its full id and what is said of it besides. */
export interface Demand extends RuleSlot {
  readonly any?: Slot['any'];
  readonly own?: true;
}

/** What turns demands into slots. */
export interface Hall {
  readonly floor: Floor;
  readonly agentInChain: boolean;
  /** Nobody asked for `dual`, and the floor lets an agent's owner decide. */
  readonly supervised: boolean;
  readonly excluded: NonNullable<Slot['excluded']>;
  /** What the lists answered that the demands name. */
  readonly lists: Readonly<Record<string, ListAnswer>>;
  readonly eligible: (slot: SlotPeople) => readonly string[];
}

/** One other person, whoever they are. Stands where no rule asks for anybody. */
export const floorDemand: Demand = {
  id: 'floor',
  count: 1,
  from: [anyone],
  assurance: null,
  presence: null,
  verified: null,
  escalate: [],
};

/** Names of the lists that these demands ask. */
export function listsNamed(demands: readonly Demand[]): readonly string[] {
  const names = new Set<string>();
  for (const { from, escalate } of demands) {
    for (const entry of [...from, ...escalate.flatMap(({ to }) => to)]) {
      if (entry.startsWith(listPrefix)) {
        names.add(entry.slice(listPrefix.length));
      }
    }
  }
  return [...names];
}

const listPrefix = 'list:';

/** A demand as it stands in a request: who may fill it now, and what the evidence must prove. */
export function buildSlot(hall: Hall, demand: Demand): Slot {
  const { id, count, from } = demand;
  const assurance = stricter(demand.assurance ?? hall.floor.assurance, hall.floor.assurance);
  const verified = assurance === 'A3' && demand.verified === true;
  const people = peopleOf(hall, demand);
  return {
    id,
    count,
    eligible: hall.eligible({ from, ...people }),
    assurance,
    presence: verified || asksForTouch(hall, demand, assurance),
    ...(verified ? { verified } : {}),
    ...(demand.any === undefined ? {} : { any: demand.any }),
    from,
    ...people,
    ...(demand.escalate.length === 0 ? {} : { escalate: escalatedTo(hall, demand, people) }),
  };
}

/**
 * Only the approver's own key can prove a touch, so presence has a meaning at A3 alone. A written `false`
 * holds where the floor itself asks for no touch: a rule must not relieve from the floor's.
 */
function asksForTouch(
  { floor, agentInChain }: Hall,
  { presence }: Demand,
  assurance: Assurance,
): boolean {
  const floorAsks = floor.assurance === 'A3' && agentInChain;
  return assurance === 'A3' && (floorAsks || (presence ?? agentInChain));
}

function peopleOf(hall: Hall, demand: Demand): Omit<SlotPeople, 'from' | 'escalate'> {
  const { excluded, supervised } = hall;
  const names = listsNamed([demand]);
  const lists =
    names.length === 0
      ? {}
      : { lists: Object.fromEntries(names.map((name) => [name, hall.lists[name]?.people ?? []])) };
  // Whoever breaks the glass does so as themself, and answers for it afterwards.
  if (demand.own === true) {
    return { ...lists, own: true };
  }
  return {
    ...lists,
    ...(excluded.length === 0 ? {} : { excluded }),
    ...(supervised ? { supervised } : {}),
  };
}

function escalatedTo(
  hall: Hall,
  { escalate }: Demand,
  people: Omit<SlotPeople, 'from' | 'escalate'>,
): NonNullable<Slot['escalate']> {
  return escalate.map((one: Escalation) => ({
    ...one,
    eligible: hall.eligible({ from: one.to, ...people }),
  }));
}
