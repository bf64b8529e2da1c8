import { valueOf, type YamlNode } from '../../base/yaml.ts';
import { list, object } from '../../base/yaml-collections.ts';
import { boolean, integer, oneOf, text } from '../../base/yaml-scalars.ts';
import {
  type Invalid,
  invalid,
  type Located,
  optional,
  type Place,
  refine,
  type Schema,
} from '../../base/yaml-schema.ts';
import { type Assurance, assurances, type RuleSlot } from '../policy.ts';
import { hintFor } from './known-names.ts';
import { monthMs, timeLimit } from './time-limit.ts';

/** `group:NAME`, a person's name, or `*`. */
const member = { pattern: /^(\*|(group:)?[a-z][a-z0-9._-]*)$/, example: 'group:sre' };

/** Who may fill a slot; a `list:NAME` must be one of `lists`. */
export function peopleFrom(lists: readonly string[]): Schema<readonly string[]> {
  const entry = refine(text(), (written, node, place) => {
    const [, name] = /^list:(.*)$/.exec(written) ?? [];
    if (name === undefined) {
      return text(member).read(node, place);
    }
    if (lists.includes(name)) {
      return written;
    }
    place.report(node.at, `there is no list \`${name}\``, hintFor(name, lists));
    return invalid;
  });
  return list(entry, { min: 1 });
}

/** How sure one must be of who decided. */
export const evidence = {
  assurance: optional(oneOf(...assurances)),
  presence: optional(boolean()),
  pin: optional(boolean()),
};

/** `false` where a demand stands that no evidence below A3 could meet, or that contradicts another. */
export function checkEvidence(
  asked: {
    readonly assurance: Assurance | null;
    readonly presence: boolean | null;
    readonly pin: boolean | null;
  },
  node: YamlNode,
  place: Place,
): boolean {
  // Only the approver's own key can prove a touch or a PIN; asking for it elsewhere would be silently void.
  const unmet = (['presence', 'pin'] as const).find((key) => asked[key] === true);
  if (unmet !== undefined && asked.assurance !== 'A3') {
    place.report(node.at, `\`${unmet}: true\` needs \`assurance: A3\` beside it`);
    return false;
  }
  if (asked.pin === true && asked.presence === false) {
    place.report(node.at, '`pin: true` takes a touch, too: leave out `presence: false`');
    return false;
  }
  return true;
}

/** A slot as it is written in a rule. */
export function slotFile(lists: readonly string[]): Schema<RuleSlot> {
  const from = peopleFrom(lists);
  return refine(
    object({
      id: text({ pattern: /^[a-z][a-z0-9_]*$/, example: 'owner' }),
      count: optional(integer({ min: 1, max: 20 }), 1),
      from,
      ...evidence,
      escalate: optional(list(object({ after: timeLimit(monthMs), to: from })), []),
    }),
    ({ pin, escalate, ...rest }, node, place): RuleSlot | Invalid =>
      checkEvidence({ ...rest, pin }, node, place)
        ? {
            ...rest,
            verified: pin,
            escalate: escalate.map(({ after, to }) => ({ after_ms: after, to })),
          }
        : invalid,
  );
}

/** Slots are told apart as `RULE/ID`: two of one name would fill each other. */
export function refuseTwins<K extends 'id' | 'name'>(
  items: readonly Located<Readonly<Record<K, string>>>[],
  { key, place }: { readonly key: K; readonly place: Place },
): void {
  const seen = new Set<string>();
  for (const { value, node } of items) {
    if (seen.has(value[key])) {
      const at = valueOf(node, key)?.at ?? node.at;
      place.report(at, `two entries of \`${place.name}\` have the ${key} \`${value[key]}\``);
    }
    seen.add(value[key]);
  }
}
