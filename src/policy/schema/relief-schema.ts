import { list, object, record } from '../../base/yaml-collections.ts';
import { integer, text } from '../../base/yaml-scalars.ts';
import {
  type Invalid,
  invalid,
  located,
  optional,
  refine,
  type Schema,
} from '../../base/yaml-schema.ts';
import type { BreakGlassRule, GrantRule } from '../policy.ts';
import { type KnownNames, line, nameOf } from './known-names.ts';
import { limitsFile } from './limits-schema.ts';
import { checkEvidence, evidence, peopleFrom, refuseTwins } from './slot-schema.ts';
import { monthMs, timeLimit } from './time-limit.ts';
import { seasonFile, whenFile } from './when-schema.ts';

/**
 * The two ways in which something becomes easier. Both are bounded: an approval that holds longer than a
 * day, or for more than a hundred starts, is a rule of its own that nobody decided on.
 */
const mostUses = 100;
const longestGrantMs = 24 * 3_600_000;

const param = { pattern: /^[a-z][a-z0-9_]*$/, example: 'shard' };

export function grantsFile(known: KnownNames): Schema<readonly GrantRule[]> {
  const grant = refine(
    object({
      name: text(line),
      when: optional(whenFile),
      ...seasonFile(known),
      vary: optional(record(limitsFile, param), {}),
      max_uses: integer({ min: 1, max: mostUses }),
      for: timeLimit(longestGrantMs),
    }),
    ({ max_uses, for: forMs, ...rest }): GrantRule => ({ ...rest, maxUses: max_uses, forMs }),
  );
  return named(grant);
}

export function breakGlassFile(known: KnownNames): Schema<readonly BreakGlassRule[]> {
  const breakGlass = refine(
    object({
      name: text(line),
      when: optional(whenFile),
      from: peopleFrom(known.lists),
      ...evidence,
      lifts: optional(list(nameOf('rule that denies', known.denials), { min: 1 }), []),
      review: object({ from: peopleFrom(known.lists), within: timeLimit(monthMs) }),
    }),
    (written, node, place): BreakGlassRule | Invalid => {
      const { pin, review, ...rest } = written;
      const assurance = written.assurance ?? 'A3';
      return checkEvidence({ ...rest, assurance, pin }, node, place)
        ? {
            ...rest,
            assurance,
            presence: written.presence === true || pin === true,
            verified: pin === true,
            review: { from: review.from, withinMs: review.within },
          }
        : invalid;
    },
  );
  return named(breakGlass);
}

/** A list of rules that are asked for by their names. */
export function named<T extends { readonly name: string }>(rule: Schema<T>): Schema<readonly T[]> {
  return refine(list(located(rule)), (rules, _node, place) => {
    refuseTwins(rules, { key: 'name', place });
    return rules.map(({ value }) => value);
  });
}
