import type { AuditVerdict } from '../bounds.ts';
import type { Matter } from '../controls.ts';
import type { Evidence, MatterReport } from './control-report.ts';
import type { Kind } from './kinds.ts';
import type { Mark, Period } from './period.ts';

/** Of how many things the matter speaks. */
export function populationOf(matter: Matter, period: Period): MatterReport['population'] {
  const { started, approved, rejected, revoked } = period.marks;
  switch (matter) {
    case 'approval':
    case 'separation':
    case 'failure':
      return { what: 'privileged steps that were started', count: started.length };
    case 'identity':
      return { what: 'decisions', count: approved.length + rejected.length + revoked.length };
    case 'records':
    case 'protection':
    case 'review':
      return { what: 'entries', count: period.entries };
  }
}

const told: Readonly<Record<Matter, readonly (readonly [Kind, string])[]>> = {
  approval: [
    ['started', 'privileged steps started under an approval'],
    ['requested', 'requests for approval'],
    ['rejected', 'requests rejected'],
    ['expired', 'requests or approvals that expired'],
    ['superseded', 'requests replaced because what would run had changed'],
    ['denied', 'steps denied by policy'],
    ['broke_glass', 'starts under break-glass'],
    ['reviewed', 'reviews of break-glass'],
    ['configured', 'changes of people, policy or configuration'],
  ],
  separation: [
    ['approved', 'approvals by somebody else than those behind the run'],
    ['revoked', 'approvals taken back'],
    ['reviewed', 'reviews of break-glass by somebody else'],
  ],
  identity: [
    ['signed_start', 'starts signed by whoever started them'],
    ['token', 'tokens issued and revoked, sessions of pages among them'],
    ['enrolled', 'invitations, enrolments and removals of passkeys, and keys of issuers'],
  ],
  records: [
    ['ran', 'runs'],
    ['started', 'privileged steps'],
    ['resolved', 'outcomes that were unknown and were settled'],
  ],
  protection: [['key', "changes of the journal's keys"]],
  failure: [
    ['started', 'privileged steps recorded before they were started'],
    ['gap', 'outages of copies, recorded'],
  ],
  review: [
    ['exported', 'exports of evidence'],
    ['erased', 'erasures of content'],
    ['pruned', 'prunings of old entries'],
  ],
};

/** What the period has to show, in counts, with the entries. */
export function evidenceOf(matter: Matter, period: Period): readonly Evidence[] {
  const lines = told[matter].map(([kind, what]) => evidence(what, period.marks[kind]));
  if (matter === 'separation') {
    const { approvers } = period;
    const who = approvers.length === 0 ? '' : ` (${approvers.join(', ')})`;
    return [...lines, { what: `people who approved${who}`, count: approvers.length, indexes: [] }];
  }
  return matter === 'identity' ? [...byAssurance(period), ...lines] : lines;
}

function byAssurance({ approvals }: Period): readonly Evidence[] {
  return [
    evidence('approvals signed with the approver’s own key (A3)', approvals.A3),
    evidence('approvals logged in anew for, on an issuer’s word, not signed (A2)', approvals.A2),
    evidence('approvals attested by a receiver, not signed (A1)', approvals.A1),
    evidence('approvals that only the initiator’s own side attests (A0)', approvals.A0),
  ];
}

function evidence(what: string, marks: readonly Mark[]): Evidence {
  return { what, count: marks.length, indexes: marks.map(({ index }) => index) };
}

const about: Readonly<Partial<Record<AuditVerdict['name'], Matter>>> = {
  integrity: 'protection',
  completeness: 'protection',
  replicas: 'protection',
  authorization: 'approval',
  time: 'records',
};

/** What the verification says about the matter; a verdict that was not given is no evidence. */
export function verdictsFor(
  matter: Matter,
  verdicts: readonly AuditVerdict[],
): readonly Evidence[] {
  return verdicts
    .filter(({ name, ok }) => about[name] === matter && ok !== null)
    .map(({ name, ok, anchor }) => ({
      what: `verdict on ${name}, ${ok === true ? 'which holds' : 'which does NOT hold'}: ${anchor}`,
      count: 1,
      indexes: [],
    }));
}
