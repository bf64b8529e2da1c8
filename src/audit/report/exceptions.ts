import type { Matter } from '../controls.ts';
import type { Exception } from './control-report.ts';
import type { Kind } from './kinds.ts';
import type { Mark, Period } from './period.ts';

/** A finding of the verification, as its report has it. */
export interface ReportFinding {
  readonly code: string;
  readonly index: number | null;
  readonly message: string;
}

const told: Readonly<Record<Matter, readonly (readonly [Kind, string])[]>> = {
  approval: [
    ['denied', 'denied by policy'],
    ['broke_glass', 'done before anybody approved'],
    ['overdue', 'review overdue'],
  ],
  separation: [['broke_glass', 'on one signature alone']],
  identity: [],
  records: [
    ['unknown', 'outcome unknown'],
    ['late', 'a result came after the step was settled'],
  ],
  protection: [],
  failure: [['gap', 'a copy was behind']],
  review: [
    ['erased', 'content erased'],
    ['pruned', 'entries pruned'],
  ],
};

/** Everything that an auditor should ask about, one by one: in the order of entries, what is about none last. */
export function exceptionsOf(
  matter: Matter,
  period: Period,
  findings: readonly ReportFinding[],
): readonly Exception[] {
  const marks = told[matter].flatMap(([kind, why]) =>
    period.marks[kind].map((mark) => exception(mark, why)),
  );
  const unsigned = matter === 'identity' ? unsignedIn(period) : [];
  const own = findings.filter(({ code }) => matterOf(code) === matter);
  return [
    ...marks,
    ...unsigned,
    ...own.map(({ code, index, message }) => {
      return { index, time: null, run: null, what: `${message} (${code})` };
    }),
  ].sort((one, other) => place(one) - place(other));
}

function unsignedIn({ approvals }: Period): readonly Exception[] {
  return [
    ...approvals.A0.map((mark) => exception(mark, 'not signed: the initiator’s own side says so')),
    ...approvals.A1.map((mark) => exception(mark, 'not signed: a receiver says so')),
  ];
}

function exception({ what, ...mark }: Mark, why: string): Exception {
  return { ...mark, what: `${why}: ${what}` };
}

function place({ index }: Exception): number {
  return index ?? Number.POSITIVE_INFINITY;
}

const separation = ['E_SELF_APPROVAL', 'E_DECIDER_RESUMED', 'E_QUORUM', 'W_INVITER'];
const identity = ['E_APPROVAL_SIG', 'E_ASSURANCE', 'E_TOKEN', 'E_START', 'E_RESOLUTION'];
const records = ['E_TIME_BACKWARD', 'E_TIME_CLAIMED', 'E_TIME', 'E_LEAF', 'E_INDEX'];
const approval = [
  'E_NO_PLAN',
  'E_PLAN',
  'E_NO_CONFIG',
  'E_RUN',
  'E_UNAPPROVED_EXECUTION',
  'E_COMMAND_CHANGED',
  'E_APPROVAL_REPLAY',
  'E_APPROVAL',
  'E_EXPIRED',
  'E_REJECTED',
  'E_DENIED',
  'E_GRANT_STRETCHED',
  'E_BREAK_GLASS',
];

/** What is about keys, heads, copies and witnesses, and whatever is new, is about protection. */
function matterOf(code: string): Matter {
  const known: readonly (readonly [Matter, readonly string[]])[] = [
    ['separation', separation],
    ['identity', identity],
    ['records', records],
    ['approval', approval],
    ['failure', ['E_REMOTE']],
    ['review', ['W_REDACTED', 'E_BLOB_MISSING', 'E_BLOB_ALTERED']],
  ];
  return known.find(([, codes]) => codes.includes(code))?.[0] ?? 'protection';
}
