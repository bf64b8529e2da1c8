import { closest } from '../../base/suggest.ts';
import type { RuleFinding } from '../../policy/check/finding.ts';
import { anyone, type Policy, type RuleSlot } from '../../policy/policy.ts';
import type { People } from '../people/people.ts';

/** Groups that nobody is in and people whom nobody is, wherever a policy says who may decide. */
export function checkNames(policy: Policy, { people }: People): readonly RuleFinding[] {
  const names = people.map(({ name }) => name);
  const groups = [...new Set(people.flatMap((person) => person.groups))].map(
    (group) => `group:${group}`,
  );
  return namedIn(policy).flatMap(({ rule, path, entry }): readonly RuleFinding[] => {
    const isGroup = entry.startsWith('group:');
    const known = isGroup ? groups : names;
    if (entry === anyone || entry.startsWith('list:') || known.includes(entry)) {
      return [];
    }
    const near = closest(entry, known);
    const add = isGroup
      ? `runbook people add NAME --group ${entry.slice('group:'.length)}`
      : `runbook people add ${entry}`;
    return [
      {
        kind: 'people_unknown',
        rule,
        path,
        offset: 0,
        message: isGroup ? `nobody is in \`${entry}\`` : `there is no person \`${entry}\``,
        hint: near === null ? add : `did you mean \`${near}\`?`,
      },
    ];
  });
}

interface Named {
  readonly rule: string;
  readonly path: readonly (string | number)[];
  readonly entry: string;
}

function namedIn({ rules, breakGlass }: Policy): readonly Named[] {
  return [
    ...rules.flatMap(({ name, require, override }, index) => [
      ...slotsNamed(name, ['rules', index, 'require', 'approvals'], require?.approvals ?? []),
      ...(require?.any ?? []).flatMap((slots, option) =>
        slotsNamed(name, ['rules', index, 'require', 'any', option], slots),
      ),
      ...slotsNamed(name, ['rules', index, 'override', 'approvals'], override ?? []),
    ]),
    ...breakGlass.flatMap(({ name, from, review }, index) => [
      ...entriesNamed(name, ['break_glass', index, 'from'], from),
      ...entriesNamed(name, ['break_glass', index, 'review', 'from'], review.from),
    ]),
  ];
}

function slotsNamed(
  rule: string,
  path: Named['path'],
  slots: readonly RuleSlot[],
): readonly Named[] {
  return slots.flatMap(({ from, escalate }, slot) => [
    ...entriesNamed(rule, [...path, slot, 'from'], from),
    ...escalate.flatMap(({ to }, later) =>
      entriesNamed(rule, [...path, slot, 'escalate', later, 'to'], to),
    ),
  ]);
}

function entriesNamed(
  rule: string,
  path: Named['path'],
  entries: readonly string[],
): readonly Named[] {
  return entries.map((entry, index) => ({ rule, path: [...path, index], entry }));
}
