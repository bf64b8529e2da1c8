import { reaches } from '../../policy/assurance.ts';
import type { RuleFinding } from '../../policy/check/finding.ts';
import { jointOutcomes, type TruthTable } from '../../policy/check/truth-table.ts';
import type { Policy, Rule, Slot } from '../../policy/policy.ts';
import { signingKeys } from '../people/identity.ts';
import type { People } from '../people/people.ts';
import { provable, whyUnfillable } from '../tally/provable.ts';
import { type Starter, slotsFor, startersOf } from './slots-for.ts';

/**
 * Slots that cannot be filled, each rule alone and every two that can match together: with somebody else
 * as initiator, and with each person, and each agent through its owner. What lists will answer nobody
 * knows, so that they are taken to name everybody; below A2 everybody is taken to have some way to
 * decide. What is called unfillable is never granted; three rules together are not looked at.
 */
export function checkSlots(
  policy: Policy,
  people: People,
  tables: readonly (TruthTable | null)[],
): readonly RuleFinding[] {
  const starters = startersOf(people);
  const asking = policy.rules.flatMap((rule, index) => {
    const table = tables[index] ?? null;
    const path = ['rules', index, rule.require === null ? 'override' : 'require'];
    return rule.require === null && rule.override === null
      ? []
      : [weigh({ rule, path, table }, { policy, people, starters })];
  });
  return [
    ...asking.flatMap(alone),
    ...asking.flatMap((one, at) => withEarlier(one, asking.slice(0, at), people)),
  ];
}

/** A rule that asks for people, and what it asks of each who might start a run. */
interface Asking {
  readonly rule: Rule;
  readonly path: RuleFinding['path'];
  /** Null where nobody can say when it matches. */
  readonly table: TruthTable | null;
  readonly weighed: readonly Weighed[];
}

interface Weighed {
  readonly starter: Starter;
  readonly slots: readonly Slot[];
  /** Why they cannot be filled, in words; null where they can. */
  readonly flaw: string | null;
  /** How many people they ask for, and how many could fill the slot that fewest can. */
  readonly places: number;
  readonly fewest: number;
}

function weigh(
  of: Omit<Asking, 'weighed'>,
  by: { readonly policy: Policy; readonly people: People; readonly starters: readonly Starter[] },
): Asking {
  const weighed = by.starters
    // No agent asks for an override.
    .filter(({ kind }) => of.rule.require !== null || kind !== 'agent')
    .filter((starter) => canStart(of.table, starter))
    .map((starter) => {
      const slots = slotsFor(of.rule, starter, by);
      return { starter, slots, flaw: flawOf(slots, by.people), ...crowdOf(slots, by.people) };
    });
  return { ...of, weighed };
}

/** Rules often ask who starts: then only those are looked at. */
function canStart(table: TruthTable | null, { kind }: Starter): boolean {
  const at = table?.keys.indexOf('initiator.kind') ?? -1;
  const kinds = ['person', 'agent', 'ci', 'unknown'];
  return (
    table === null ||
    at === -1 ||
    kind === null ||
    table.rows.some((row) => row.outcome === 'matched' && row.at[at] === kinds.indexOf(kind))
  );
}

function alone({ rule, path, weighed }: Asking): readonly RuleFinding[] {
  const flawed = weighed.filter(({ flaw }) => flaw !== null);
  return report(flawed, { rule, path, all: weighed.length });
}

/** Each can be met, and both together cannot: the same few people stand in both. */
function withEarlier(
  one: Asking,
  earlier: readonly Asking[],
  people: People,
): readonly RuleFinding[] {
  return earlier.flatMap((other) => {
    if (!canMeet(one.table, other.table)) {
      return [];
    }
    const both = one.weighed.flatMap((here) => {
      const there = other.weighed.find((each) => each.starter.words === here.starter.words);
      return there === undefined || here.flaw !== null || there.flaw !== null
        ? []
        : [{ starter: here.starter, flaw: flawOfBoth(here, there, people) }];
    });
    const flawed = both.filter(({ flaw }) => flaw !== null);
    return report(flawed, {
      rule: one.rule,
      path: one.path,
      all: both.length,
      beside: other.rule.name,
    });
  });
}

/** Where each slot has as many people as both rules have places, none of them can be missed: nothing to match. */
function flawOfBoth(one: Weighed, other: Weighed, people: People): string | null {
  const places = one.places + other.places;
  return Math.min(one.fewest, other.fewest) >= places
    ? null
    : flawOf(together(one.slots, other.slots), people);
}

function canMeet(one: TruthTable | null, other: TruthTable | null): boolean {
  return (
    one !== null &&
    other !== null &&
    jointOutcomes(one, other).some(([here, there]) => here === 'matched' && there === 'matched')
  );
}

/** The floor's slot stands only where no rule asks for anybody. */
function together(one: readonly Slot[], other: readonly Slot[]): readonly Slot[] {
  const asked = [...one, ...other].filter(({ id }) => id !== 'floor');
  return asked.length > 0 ? asked : one;
}

function report(
  flawed: readonly Pick<Weighed, 'starter' | 'flaw'>[],
  of: {
    readonly rule: Rule;
    readonly path: RuleFinding['path'];
    readonly all: number;
    readonly beside?: string;
  },
): readonly RuleFinding[] {
  const [first] = flawed;
  if (first === undefined || first.flaw === null) {
    return [];
  }
  const always = flawed.length === of.all;
  const who = flawed.flatMap(({ starter }) => (starter.words === null ? [] : starter.words));
  const beside = of.beside === undefined ? '' : `together with \`${of.beside}\`: `;
  const when = always ? '' : `when ${who.join(' or ')} starts the run: `;
  return [
    {
      kind:
        of.beside !== undefined
          ? 'slots_compete'
          : always
            ? 'slot_unfillable'
            : 'slot_unfillable_for',
      rule: of.rule.name,
      path: of.path,
      offset: 0,
      message: `${beside}${when}${first.flaw}`,
      hint: hintFor(of.rule),
    },
  ];
}

/** In the first group that the rule asks, so that it helps. */
function hintFor({ require, override }: Rule): string {
  const slots = [
    ...(require?.approvals ?? []),
    ...(require?.any ?? []).flat(),
    ...(override ?? []),
  ];
  const group = slots.flatMap(({ from }) => from).find((entry) => entry.startsWith('group:'));
  const into = group === undefined ? '' : ` --group ${group.slice('group:'.length)}`;
  return `enrol somebody, or ask others too: \`runbook people add NAME${into} --ssh-key FILE.pub\`, or for a passkey \`runbook passkey invite NAME\``;
}

/** Whether anybody at all can approve is not a rule's affair: `doctor` says it once. */
function flawOf(slots: readonly Slot[], people: People): string | null {
  return slots.every(({ id }) => id === 'floor')
    ? null
    : whyUnfillable(slots, people, reaching(people));
}

function crowdOf(slots: readonly Slot[], people: People): Pick<Weighed, 'places' | 'fewest'> {
  const canReach = reaching(people);
  const able = provable(slots, people).map(
    ({ eligible, assurance }) => eligible.filter((name) => canReach(name, assurance)).length,
  );
  return { places: slots.reduce((sum, { count }) => sum + count, 0), fewest: Math.min(...able) };
}

function reaching({ people }: People): (name: string, assurance: Slot['assurance']) => boolean {
  const namesOf = (those: People['people']) => new Set(those.map(({ name }) => name));
  const holders = namesOf(people.filter((person) => signingKeys(person).length > 0));
  const accounts = namesOf(people.filter(({ oidc }) => oidc.length > 0));
  return (name, assurance) =>
    !reaches(assurance, 'A2') || holders.has(name) || (assurance === 'A2' && accounts.has(name));
}
