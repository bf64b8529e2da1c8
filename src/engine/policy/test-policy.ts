import { personNamed } from '../../approval/people/identity.ts';
import { parsePeople } from '../../approval/people/people-schema.ts';
import { missingOf } from '../../approval/tally/tally.ts';
import { sha256 } from '../../base/digest.ts';
import { parsePolicy } from '../../policy/schema/schema.ts';
import type { Rules } from '../../run/judge.ts';
import { type CaseFile, type PolicyCase, parseCases } from './case-file.ts';
import { type CaseOutcome, judgeCase } from './judge-case.ts';
import type { CaseReport, NamedText } from './reports.ts';

/** Where the files of a table come from. */
export interface CaseFiles {
  readonly table: NamedText;
  /** What the table names, relative to itself. Throws where it cannot be read. */
  readonly read: (path: string) => NamedText;
  /** What stands where the table names no file. */
  readonly inForce: (name: 'policy' | 'people') => NamedText;
}

/** Runs one table of cases. Throws InvalidFileError for what is written wrong in any of its files. */
export function testPolicy({ table, read, inForce }: CaseFiles): readonly CaseReport[] {
  const cases = parseCases(table.text, table.file);
  const rules = rulesOf(cases, { read, inForce });
  return cases.cases.map((row) => {
    const slips = unknownNames(row, cases.lists, rules);
    const differences = slips.length > 0 ? slips : compare(row, judgeCase(rules, row, cases.lists));
    const { name, line } = row;
    return { file: table.file, line, name, ok: differences.length === 0, differences };
  });
}

function rulesOf(
  { policy, people }: CaseFile,
  { read, inForce }: Pick<CaseFiles, 'read' | 'inForce'>,
): Rules {
  const rules = policy === null ? inForce('policy') : read(policy);
  const persons = people === null ? inForce('people') : read(people);
  return {
    policy: parsePolicy(rules.text, rules.file),
    people: parsePeople(persons.text, persons.file),
    config: 0,
    policyDigest: sha256(''),
    peopleDigest: sha256(''),
  };
}

/** A slip of the pen would otherwise be somebody who cannot approve, and so what a case expects. */
function unknownNames(
  { given, decisions }: PolicyCase,
  lists: CaseFile['lists'],
  { people, policy }: Rules,
): readonly string[] {
  const { initiator, approved_before } = given;
  const answers = { ...lists, ...given.lists };
  const named = [
    ...(initiator.person === null ? [] : [initiator.person]),
    ...initiator.resumed_by,
    ...approved_before,
    ...decisions.map(({ person }) => person),
    ...Object.values(answers).flat(),
  ];
  const strangers = named.filter((name) => personNamed(people, name) === null);
  const unasked = Object.keys(answers).filter((name) => !Object.hasOwn(policy.lists, name));
  return [
    ...[...new Set(strangers)].map((name) => `there is no person \`${name}\``),
    ...unasked.map((name) => `there is no list \`${name}\``),
  ];
}

/** What a case expected and did not get, in words. What it does not speak of can be anything. */
function compare(row: PolicyCase, outcome: CaseOutcome): readonly string[] {
  if (row.expect !== outcome.verdict) {
    return [`expected \`${row.expect}\`, but it is \`${outcome.verdict}\`${because(outcome)}`];
  }
  return [
    ...differ('rules', row.rules, outcome.rules),
    ...differ(
      'slots',
      row.slots,
      outcome.slots.map(({ id }) => id),
    ),
    ...compareEligible(row, outcome),
    ...compareReason(row, outcome),
    ...compareClaim(row, outcome),
  ];
}

function because({ verdict, reasons, slots }: CaseOutcome): string {
  const why = verdict === 'ask' ? slots.map(({ id }) => `\`${id}\``) : reasons;
  return why.length === 0 ? '' : `: ${why.join('; ')}`;
}

function compareEligible({ eligible }: PolicyCase, { slots }: CaseOutcome): readonly string[] {
  return Object.entries(eligible ?? {}).flatMap(([id, people]) => {
    const slot = slots.find((each) => each.id === id);
    return slot === undefined
      ? [`eligible: there is no slot \`${id}\`, only ${listed(slots.map((each) => each.id))}`]
      : differ(`eligible for \`${id}\``, people, slot.eligible);
  });
}

function compareReason(row: PolicyCase, { reasonRequired }: CaseOutcome): readonly string[] {
  return row.reason_required === null || row.reason_required === reasonRequired
    ? []
    : [`reason_required: expected ${row.reason_required}, got ${reasonRequired}`];
}

function compareClaim(row: PolicyCase, { claim }: CaseOutcome): readonly string[] {
  if (claim === null) {
    return [];
  }
  const granted = claim.kind === 'granted';
  const missing = claim.kind === 'denied' ? [] : missingOf(claim).map(({ slot }) => slot);
  const why =
    missing.length > 0 ? `it lacks ${listed(missing)}` : `it is \`${claim.kind}\` when claimed`;
  return [
    ...(row.granted === null || row.granted === granted
      ? []
      : [`granted: expected ${row.granted}, but ${why}`]),
    ...differ('missing', row.missing, missing),
  ];
}

/** As sets: the order of rules, slots and people says nothing. */
function differ(
  what: string,
  expected: readonly string[] | null,
  got: readonly string[],
): readonly string[] {
  const same =
    expected === null ||
    (expected.length === got.length && expected.every((each) => got.includes(each)));
  return same ? [] : [`${what}: expected ${listed(expected)}, got ${listed(got)}`];
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `\`${name}\``).join(', ');
}
