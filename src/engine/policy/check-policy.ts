import { checkBreakGlass } from '../../approval/check/check-break-glass.ts';
import { checkNames } from '../../approval/check/check-names.ts';
import { checkSlots } from '../../approval/check/check-slots.ts';
import { type Enrolled, withEnrolled } from '../../approval/people/passkeys.ts';
import { parsePeople } from '../../approval/people/people-schema.ts';
import { parseTrustedFile } from '../../base/trusted-file.ts';
import { nodeAt, positionIn } from '../../base/yaml.ts';
import { checkRemote } from '../../policy/check/check-remote.ts';
import { checkRules } from '../../policy/check/check-rules.ts';
import type { RuleFinding } from '../../policy/check/finding.ts';
import { type Config, environmentOf, parseConfig } from '../../policy/config.ts';
import type { Policy } from '../../policy/policy.ts';
import { parsePolicy } from '../../policy/schema/schema.ts';
import type { Environment } from '../../runbook/plan.ts';
import type { NamedText, PolicyCheckReport } from './reports.ts';

/** What a policy is held against. */
export interface PolicyFiles {
  readonly policy: NamedText;
  readonly people: NamedText;
  readonly config: NamedText;
  readonly nowMs: number;
  /** What people can sign with beside the keys of the file. */
  readonly passkeys?: Enrolled['passkeys'];
  /** Parameters that the runbooks of this machine have; null where none was found. */
  readonly params: readonly string[] | null;
}

/**
 * Says what in a policy is most likely not meant. Throws InvalidFileError for what is written wrong in
 * any of the files: that is an error, and everything here a warning.
 */
export function checkPolicy({
  nowMs,
  params,
  passkeys = [],
  ...files
}: PolicyFiles): PolicyCheckReport {
  const policy = parsePolicy(files.policy.text, files.policy.file);
  const people = withEnrolled(parsePeople(files.people.text, files.people.file), {
    passkeys,
    issuers: [],
  });
  const config = parseConfig(files.config.text, files.config.file);
  const known = {
    environments: environmentsOf(config),
    people: people.people.map(({ name }) => name),
  };
  const { findings, unchecked, tables } = checkRules(policy, known, nowMs);
  const all = [
    ...findings,
    ...checkNames(policy, people),
    ...checkSlots(policy, people, tables),
    ...checkBreakGlass(policy, people),
    ...varyUnknown(policy, params),
    ...checkRemote(policy, config.sinks),
  ];
  return { findings: placed(all, files.policy), unchecked };
}

function environmentsOf(config: Config): readonly Environment[] {
  const names = new Set([...Object.keys(config.environments), 'local']);
  return [...names].map((name) => environmentOf(config, name));
}

function varyUnknown({ grants }: Policy, params: PolicyFiles['params']): readonly RuleFinding[] {
  return grants.flatMap(({ name, vary }, index) =>
    Object.keys(vary)
      .filter((param) => params !== null && !params.includes(param))
      .map((param) => ({
        kind: 'vary_unknown' as const,
        rule: name,
        path: ['grants', index, 'vary', param],
        offset: 0,
        message: `no runbook has a parameter \`${param}\``,
        hint: 'take it out, or look where the runbooks lie: `runbook list`',
      })),
  );
}

/** In the order of the file. */
function placed(
  findings: readonly RuleFinding[],
  { text, file }: NamedText,
): PolicyCheckReport['findings'] {
  const { root } = parseTrustedFile(text, file, 'policy_invalid');
  return findings
    .map(({ path, offset, ...said }) => {
      const node = nodeAt(root, path) ?? nodeAt(root, path.slice(0, 2)) ?? root;
      return { ...said, file, ...(offset === 0 ? node.at : positionIn(node, offset)) };
    })
    .sort((one, other) => one.line - other.line || one.column - other.column);
}
