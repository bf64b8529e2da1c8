import { list, object } from '../../base/yaml-collections.ts';
import { boolean, oneOf } from '../../base/yaml-scalars.ts';
import { located, optional, refine, type Schema } from '../../base/yaml-schema.ts';
import type { Requirement, RuleSlot } from '../policy.ts';
import { remoteFile } from './remote-schema.ts';
import { refuseTwins, slotFile } from './slot-schema.ts';
import { monthMs, timeLimit } from './time-limit.ts';

/** What a rule asks for. */
export function requirementFile(lists: readonly string[]): Schema<Requirement> {
  const slot = located(slotFile(lists));
  const limit = optional(timeLimit(monthMs));
  const options = refine(list(list(slot, { min: 1 })), (all, node, place) => {
    if (all.length < 2) {
      place.report(node.at, '`any` needs two alternatives or more', 'one alone is `approvals`');
    }
    return all;
  });
  return refine(
    object({
      approvals: optional(list(slot), []),
      any: optional(options, []),
      exclude: optional(list(oneOf('step_author', 'earlier_approver'), { min: 1 }), []),
      control: optional(oneOf('dual')),
      reason: optional(boolean(), false),
      pending: limit,
      unused: limit,
      remind: limit,
      remote: optional(remoteFile),
    }),
    ({ approvals, any, pending, unused, remind, ...rest }, _node, place): Requirement => {
      refuseTwins([...approvals, ...any.flat()], { key: 'id', place });
      return {
        ...rest,
        approvals: approvals.map(({ value }) => value),
        any: any.map((option) => option.map(({ value }) => value)),
        pendingMs: pending,
        unusedMs: unused,
        remindMs: remind,
      };
    },
  );
}

/** Whoever lifts a `deny`: somebody, at least. */
export function overrideFile(lists: readonly string[]): Schema<readonly RuleSlot[]> {
  const slots = refine(
    list(located(slotFile(lists)), { min: 1 }),
    (approvals, _node, place): readonly RuleSlot[] => {
      refuseTwins(approvals, { key: 'id', place });
      return approvals.map(({ value }) => value);
    },
  );
  return refine(object({ approvals: slots }), ({ approvals }) => approvals);
}
