import { parseYaml } from '../../base/yaml.ts';
import { list, object, record } from '../../base/yaml-collections.ts';
import { boolean, duration, oneOf, text } from '../../base/yaml-scalars.ts';
import { type Checked, checkDocument, invalid, optional, refine } from '../../base/yaml-schema.ts';
import { assurances } from '../../policy/policy.ts';
import { givenFile } from './given-file.ts';

/**
 * A company's own table of cases, as its CI runs it: what is given, what policy must say to it, and what
 * decisions must come to. The trusted files are named beside it, or are those in force.
 */
export type CaseFile = Checked<typeof caseFile>;

/** One line of the table. */
export type PolicyCase = CaseFile['cases'][number];

/** One decision that somebody makes in a case. */
export type CaseDecision = PolicyCase['decisions'][number];

/** Throws InvalidFileError `cases_invalid` (exit 2) with every problem and its place. */
export function parseCases(source: string, file: string): CaseFile {
  return checkDocument(caseFile, parseYaml(source, file, 'cases_invalid'));
}

const names = list(text());

const decisionFile = refine(
  object({
    person: text(),
    assurance: oneOf(...assurances),
    decision: optional(oneOf('approve', 'reject', 'revoke'), 'approve'),
    presence: optional(boolean(), false),
    pin: optional(boolean(), false),
    after: optional(duration(), 0),
  }),
  ({ pin, after, ...rest }) => ({ ...rest, verified: pin, afterMs: after }),
);

const caseRow = refine(
  object({
    name: text({ pattern: /^[^\p{C}]{1,200}$/u, example: 'two teams for production data' }),
    given: givenFile,
    expect: oneOf('none', 'ask', 'deny'),
    rules: optional(names),
    slots: optional(names),
    eligible: optional(record(names)),
    reason_required: optional(boolean()),
    decisions: optional(list(decisionFile), []),
    claimed_after: optional(duration()),
    granted: optional(boolean()),
    missing: optional(names),
  }),
  (row, node, place) => {
    const unasked = ['slots', 'eligible', 'granted', 'missing'] as const;
    const vain = unasked.filter((key) => row[key] !== null);
    if (row.expect !== 'ask' && vain.length > 0) {
      place.report(node.at, `\`${vain[0] ?? ''}\` belongs beside \`expect: ask\` alone`);
      return invalid;
    }
    return { ...row, line: node.at.line };
  },
);

const caseFile = object({
  policy: optional(text()),
  people: optional(text()),
  lists: optional(record(names), {}),
  cases: list(caseRow, { min: 1 }),
});
