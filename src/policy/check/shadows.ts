import type { Policy, Requirement, Rule } from '../policy.ts';
import type { RuleFinding } from './finding.ts';
import { jointOutcomes, type Row, type TruthTable } from './truth-table.ts';

/**
 * Rules that never make a difference: wherever they match another one denies for good, or asks for all
 * that they ask for. Slots add up, so a rule that asks for people always makes one.
 */
export function findShadows(
  policy: Policy,
  tables: readonly (TruthTable | null)[],
): readonly RuleFinding[] {
  const placed = policy.rules.flatMap((rule, index) => {
    const table = tables[index] ?? null;
    return table === null || !table.rows.some(isActive) ? [] : [{ rule, index, table }];
  });
  return placed.flatMap((one) => {
    const shadow = placed.find((other) => other !== one && isShadowed(one, other, policy));
    return shadow === undefined ? [] : [shadowed(one, shadow.rule)];
  });
}

interface Placed {
  readonly rule: Rule;
  readonly index: number;
  readonly table: TruthTable;
}

function shadowed({ rule, index }: Placed, by: Rule): RuleFinding {
  return {
    kind: 'rule_shadowed',
    rule: rule.name,
    path: ['rules', index, 'name'],
    offset: 0,
    message:
      by.deny === null
        ? `wherever it matches, \`${by.name}\` asks for all that it asks for`
        : `wherever it matches, \`${by.name}\` denies`,
    hint: 'take it out, or narrow the other one',
  };
}

function isShadowed(one: Placed, other: Placed, policy: Policy): boolean {
  // Of two that silence each other the first stays.
  return (
    isSilenced(one, other, policy) && (!isSilenced(other, one, policy) || one.index > other.index)
  );
}

function isSilenced(one: Placed, other: Placed, policy: Policy): boolean {
  return (
    sameTimes(one.rule, other.rule) && (isDeniedBy(one, other, policy) || isImpliedBy(one, other))
  );
}

/** A no that no run can have lifted leaves nothing to say, unless break-glass passes it and not this one. */
function isDeniedBy(one: Placed, other: Placed, { breakGlass }: Policy): boolean {
  const denies =
    one.rule.deny !== null || one.table.rows.some(({ outcome }) => outcome === 'failed');
  const outlives =
    denies &&
    breakGlass.some(
      ({ lifts }) => lifts.includes(other.rule.name) && !lifts.includes(one.rule.name),
    );
  return (
    other.rule.deny !== null &&
    other.rule.override === null &&
    !outlives &&
    jointOutcomes(one.table, other.table).every(
      ([here, there]) => here === 'unmatched' || there !== 'unmatched',
    )
  );
}

/** Where this one fails, and denies by it, the other must fail, too. */
function isImpliedBy(one: Placed, other: Placed): boolean {
  return (
    isImplied(one.rule, other.rule) &&
    jointOutcomes(one.table, other.table).every(
      ([here, there]) =>
        there === 'failed' || here === 'unmatched' || (here === 'matched' && there === 'matched'),
    )
  );
}

function isImplied({ require: one }: Rule, { require: other }: Rule): boolean {
  return (
    one !== null &&
    other !== null &&
    one.approvals.length === 0 &&
    one.any.length === 0 &&
    one.exclude.every((each) => other.exclude.includes(each)) &&
    (one.control === null || other.control === one.control) &&
    (!one.reason || other.reason) &&
    limits.every((key) => isNoLonger(other[key], one[key]))
  );
}

const limits = [
  'pendingMs',
  'unusedMs',
  'remindMs',
] as const satisfies readonly (keyof Requirement)[];

function isNoLonger(limit: number | null, than: number | null): boolean {
  return than === null || (limit !== null && limit <= than);
}

/** A failing `when` denies, too. */
function isActive({ outcome }: Row): boolean {
  return outcome !== 'unmatched';
}

function sameTimes(one: Rule, other: Rule): boolean {
  const always = other.during.length === 0 && other.outside.length === 0;
  return always || (same(one.during, other.during) && same(one.outside, other.outside));
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
