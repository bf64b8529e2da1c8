import { positionIn, valueOf } from '../base/yaml.ts';
import { list, object } from '../base/yaml-collections.ts';
import { boolean, duration, integer, oneOf, text } from '../base/yaml-scalars.ts';
import {
  checkDocument,
  invalid,
  type Located,
  located,
  optional,
  type Place,
  refine,
} from '../base/yaml-schema.ts';
import { assurances, type Floor, type Policy, type Rule, type RuleSlot } from './policy.ts';
import { parseTrustedFile } from './trusted-file.ts';
import { checkWhen } from './when.ts';

/**
 * Reads `policy.yaml`; an empty one is the floor alone. Throws InvalidFileError `policy_invalid`
 * (exit 2) with every problem and its place. There is no rule that relieves: `allow` is an unknown key.
 */
export function parsePolicy(source: string, file: string): Policy {
  return checkDocument(policyFile, parseTrustedFile(source, file, 'policy_invalid'));
}

const longestLimit = 30 * 24 * 3_600_000;

const limit = refine(duration(), (ms, node, place) => {
  if (ms >= 1000 && ms <= longestLimit) {
    return ms;
  }
  place.report(node.at, `\`${place.name}\` must lie between \`1s\` and \`30d\``);
  return invalid;
});

const floor: Floor = {
  assurance: 'A1',
  pendingMs: 30 * 60_000,
  unusedMs: 10 * 60_000,
  control: 'dual',
};

const floorFile = refine(
  object({
    assurance: optional(oneOf(...assurances), floor.assurance),
    pending: optional(limit, floor.pendingMs),
    unused: optional(limit, floor.unusedMs),
  }),
  ({ assurance, pending, unused }) => ({
    ...floor,
    assurance,
    pendingMs: pending,
    unusedMs: unused,
  }),
);

const from = text({
  pattern: /^(\*|(group:)?[a-z][a-z0-9._-]*)$/,
  example: 'group:sre',
});

const slotFile = refine(
  object({
    id: text({ pattern: /^[a-z][a-z0-9_]*$/, example: 'owner' }),
    count: optional(integer({ min: 1, max: 20 }), 1),
    from: list(from, { min: 1 }),
    assurance: optional(oneOf(...assurances)),
    presence: optional(boolean()),
  }),
  (written, node, place) => {
    const slot: RuleSlot = { ...written, verified: null, escalate: [] };
    if (slot.presence === true && slot.assurance !== 'A3') {
      // A touch is something only the approver's own key can prove; asking for it elsewhere would be silently void.
      place.report(node.at, '`presence: true` needs `assurance: A3` beside it');
      return invalid;
    }
    return slot;
  },
);

const slotsFile = refine(list(located(slotFile)), (slots, _node, place) => {
  refuseTwins(slots, { key: 'id', place });
  return slots.map(({ value }) => value);
});

const requirementFile = refine(
  object({
    approvals: optional(slotsFile, []),
    reason: optional(boolean(), false),
    pending: optional(limit),
    unused: optional(limit),
  }),
  ({ approvals, reason, pending, unused }) => ({
    approvals,
    reason,
    pendingMs: pending,
    unusedMs: unused,
    any: [],
    exclude: [],
    control: null,
    remindMs: null,
  }),
);

const line = { pattern: /^[^\p{C}]{1,200}$/u, example: 'production needs two' };

const whenFile = refine(text(), (when, node, place) => {
  const problem = checkWhen(when);
  if (problem === null) {
    return when;
  }
  place.report(positionIn(node, problem.offset), `\`when\`: ${problem.message}`, problem.hint);
  return invalid;
});

const ruleFile = refine(
  object({
    name: text(line),
    when: optional(whenFile),
    require: optional(requirementFile),
    deny: optional(text(line)),
  }),
  (written, node, place) => {
    const rule: Rule = { ...written, during: [], outside: [], override: null };
    const says = ['require', 'deny'].filter((key) => valueOf(node, key) !== null);
    if (says.length !== 1) {
      const message = `rule \`${rule.name}\` must have exactly one of \`require\` and \`deny\``;
      place.report(node.at, message, 'a rule can only ask for more; write `require` or `deny`');
    }
    return rule;
  },
);

const rulesFile = refine(list(located(ruleFile)), (rules, _node, place) => {
  refuseTwins(rules, { key: 'name', place });
  return rules.map(({ value }) => value);
});

const policyFile = refine(
  object({
    floor: optional(floorFile, floor),
    rules: optional(rulesFile, []),
  }),
  (written): Policy => ({ ...written, lists: {}, calendars: {}, grants: [], breakGlass: [] }),
);

/** Slots are told apart as `RULE/ID`: two of one name would fill each other. */
function refuseTwins<K extends 'id' | 'name'>(
  items: readonly Located<Readonly<Record<K, string>>>[],
  { key, place }: { key: K; place: Place },
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
