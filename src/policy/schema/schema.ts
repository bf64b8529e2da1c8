import { parseTrustedFile } from '../../base/trusted-file.ts';
import { valueOf, type YamlNode } from '../../base/yaml.ts';
import { object, record } from '../../base/yaml-collections.ts';
import { oneOf, text } from '../../base/yaml-scalars.ts';
import {
  checkDocument,
  optional,
  type Place,
  refine,
  type Schema,
} from '../../base/yaml-schema.ts';
import { assurances, type Floor, type Policy, type Rule } from '../policy.ts';
import { calendarFile } from './calendar-schema.ts';
import { type KnownNames, line, namesIn, ownName } from './known-names.ts';
import { peopleListFile } from './list-schema.ts';
import { breakGlassFile, grantsFile, named } from './relief-schema.ts';
import { remoteFile } from './remote-schema.ts';
import { overrideFile, requirementFile } from './requirement-schema.ts';
import { monthMs, timeLimit } from './time-limit.ts';
import { seasonFile, whenFile } from './when-schema.ts';

/**
 * Reads `policy.yaml`; an empty one is the floor alone. Throws InvalidFileError `policy_invalid`
 * (exit 2) with every problem and its place. There is no rule that relieves: `allow` is an unknown key.
 */
export function parsePolicy(source: string, file: string): Policy {
  const document = parseTrustedFile(source, file, 'policy_invalid');
  return checkDocument(policyFile(namesIn(document.root)), document);
}

const floor: Floor = {
  assurance: 'A1',
  pendingMs: 30 * 60_000,
  unusedMs: 10 * 60_000,
  remote: null,
  control: 'dual',
};

const floorFile = refine(
  object({
    assurance: optional(oneOf(...assurances), floor.assurance),
    pending: optional(timeLimit(monthMs), floor.pendingMs),
    unused: optional(timeLimit(monthMs), floor.unusedMs),
    remote: optional(remoteFile),
    control: optional(oneOf('dual', 'supervised'), floor.control),
  }),
  ({ pending, unused, ...rest }): Floor => ({ ...rest, pendingMs: pending, unusedMs: unused }),
);

function policyFile(known: KnownNames): Schema<Policy> {
  return refine(
    object({
      floor: optional(floorFile, floor),
      lists: optional(record(peopleListFile, ownName), {}),
      calendars: optional(record(calendarFile, ownName), {}),
      rules: optional(named(ruleFile(known)), []),
      grants: optional(grantsFile(known), []),
      break_glass: optional(breakGlassFile(known), []),
    }),
    ({ break_glass, ...rest }): Policy => ({ ...rest, breakGlass: break_glass }),
  );
}

function ruleFile(known: KnownNames): Schema<Rule> {
  return refine(
    object({
      name: text(line),
      when: optional(whenFile),
      ...seasonFile(known),
      require: optional(requirementFile(known.lists)),
      deny: optional(text(line)),
      override: optional(overrideFile(known.lists)),
    }),
    (rule, node, place): Rule => {
      refuseMuddle(rule.name, node, place);
      return rule;
    },
  );
}

/** A rule says one thing. What stands beside a key that is wrong is still judged by the key. */
function refuseMuddle(name: string, node: YamlNode, place: Place): void {
  const has = (key: string) => valueOf(node, key) !== null;
  if (has('require') === has('deny')) {
    const message = `rule \`${name}\` must have exactly one of \`require\` and \`deny\``;
    place.report(node.at, message, 'a rule can only ask for more; write `require` or `deny`');
  }
  if (has('override') && !has('deny')) {
    place.report(node.at, `rule \`${name}\` has an \`override\`, but no \`deny\` to lift`);
  }
}
