import { judgeReview } from '../approval/court/judge-review.ts';
import { whyNoPerson } from '../approval/people/refusal.ts';
import type { RequestId, RunId } from '../base/ids.ts';
import { recordedLists } from '../policy/lists.ts';
import type { Verdict } from '../policy/policy.ts';
import type { BreakGlassReviewed, Recorded, StepStarted } from '../run/events.ts';
import { owedReview } from '../run/owed-review.ts';
import type { RequestRecord, RunState } from '../run/state.ts';
import { breaksOtherwise, liftedUnseen } from '../run/terms.ts';
import type { Docket, Replay } from './docket.ts';
import type { Flaw } from './finding.ts';
import { judgeInviter } from './judge-inviter.ts';
import { replayVerdict } from './judge-unasked.ts';

type Findings = readonly Flaw[];

/** Everything that was done under break-glass, over all runs, and whether somebody reviewed it. */
export interface BreakGlassLedger {
  /** What is wrong with a start, as far as it breaks the glass or lifts a rule. */
  judgeStart(
    of: { readonly entry: Recorded; readonly data: StepStarted },
    by: { readonly docket: Docket; readonly replay: Replay },
  ): Findings;
  /**
   * What is wrong with a review; one that holds pays. Its run may have ended. Where no configuration was
   * read its word is taken: that it could not be judged is said elsewhere.
   */
  judgeReviewed(
    of: { readonly entry: Recorded; readonly data: BreakGlassReviewed },
    docket: Docket | null,
  ): Findings;
  /** After each entry of a run that is open. */
  follow(entry: Recorded, state: RunState): void;
  /** Whose review is owed at that time, oldest first. */
  owed(nowMs: number): readonly OwedEntry[];
}

export interface OwedEntry {
  /** Index of the start. */
  readonly index: number;
  readonly request: RequestId;
  readonly scope: string;
  readonly due: string;
  readonly overdue: boolean;
}

interface Debt extends Omit<OwedEntry, 'overdue'> {
  readonly run: RunId;
  reviewed: boolean;
}

export function openBreakGlass(): BreakGlassLedger {
  const debts = new Map<RequestId, Debt>();
  /** Runs that owe something, as they stand or stood at their end. */
  const states = new Map<RunId, RunState>();
  const open = (): readonly Debt[] => [...debts.values()].filter(({ reviewed }) => !reviewed);
  return {
    judgeStart: (of, by) => judgeStart(of, by, debts),
    judgeReviewed({ entry, data }, docket) {
      const debt = debts.get(data.request);
      const state = debt === undefined ? undefined : states.get(debt.run);
      if (debt === undefined || state === undefined || entry.run !== debt.run || debt.reviewed) {
        return [['E_BREAK_GLASS', `it reviews ${data.request}, for which nothing is owed here`]];
      }
      const wrong = docket === null ? null : whyNoReview({ entry, data, state }, docket);
      if (wrong !== null) {
        return [['E_BREAK_GLASS', wrong]];
      }
      debt.reviewed = true;
      if (open().every(({ run }) => run !== debt.run)) {
        states.delete(debt.run);
      }
      return docket === null ? [] : judgeInviter(data, state.initiator.chain, docket);
    },
    follow(entry, state) {
      const debt = debtOf(entry, state);
      if (debt !== null && !debts.has(debt.request)) {
        debts.set(debt.request, debt);
        states.set(debt.run, state);
      }
      if (states.has(state.run)) {
        states.set(state.run, state);
      }
    },
    owed: (nowMs) =>
      open().map(({ index, request, scope, due }) => {
        return { index, request, scope, due, overdue: nowMs >= Date.parse(due) };
      }),
  };
}

function judgeStart(
  { entry, data }: { readonly entry: Recorded; readonly data: StepStarted },
  by: { readonly docket: Docket; readonly replay: Replay },
  debts: ReadonlyMap<RequestId, Debt>,
): Findings {
  const { permit } = data;
  const { state } = by.replay;
  const request = permit.kind === 'grant' ? state.requests.get(permit.request) : undefined;
  if (permit.kind !== 'grant' || request === undefined) {
    // A request of another run lends no broken glass.
    return permit.kind === 'grant' && permit.break_glass !== undefined
      ? [['E_BREAK_GLASS', `request ${permit.request} was not asked in this run`]]
      : [];
  }
  const replayed = replayVerdict({ entry, data, evaluation: permit.evaluation }, by);
  return [
    ...judgeScope(permit.break_glass, request),
    ...(replayed.kind === 'stale' ? [] : judgeTerms(request, replayed.verdict)),
    ...judgeMachine(request, state),
    ...judgeHeldUp(request, { run: state.run, debts }),
  ];
}

/** The start owes the review that its request says, no other and no less. */
function judgeScope(scope: string | undefined, { content }: RequestRecord): Findings {
  const asked = content.break_glass?.scope;
  return scope === asked
    ? []
    : [
        [
          'E_BREAK_GLASS',
          `the start owes a review in ${scope ?? 'no scope'}, and its request says ${asked ?? 'none'}`,
        ],
      ];
}

function judgeTerms({ content }: RequestRecord, verdict: Verdict): Findings {
  const unseen = liftedUnseen(content, verdict);
  return [
    ...(breaksOtherwise(content, verdict)
      ? ([
          ['E_BREAK_GLASS', 'policy then in force lets the glass be broken by other terms'],
        ] as const)
      : []),
    ...(unseen.length > 0
      ? ([
          ['E_DENIED', `nobody who approved it was told that it lifts ${unseen.join(', ')}`],
        ] as const)
      : []),
  ];
}

function judgeMachine({ content }: RequestRecord, { initiator }: RunState): Findings {
  const machine = whyNoPerson(initiator);
  if (machine === null) {
    return [];
  }
  const { break_glass, overrides = [] } = content;
  return [
    ...(break_glass === null ? [] : ([['E_BREAK_GLASS', machine]] as const)),
    ...(overrides.length === 0 ? [] : ([['E_DENIED', `${machine}, and it lifts a rule`]] as const)),
  ];
}

function judgeHeldUp(
  { content }: RequestRecord,
  { run, debts }: { readonly run: RunId; readonly debts: ReadonlyMap<RequestId, Debt> },
): Findings {
  if (content.break_glass === null) {
    return [];
  }
  if (debts.get(content.id)?.reviewed === true) {
    const message = `request ${content.id} had been reviewed by then: nobody looked at this`;
    return [['E_BREAK_GLASS', message]];
  }
  const { scope } = content.break_glass;
  const owed = [...debts.values()].find(
    (debt) => debt.scope === scope && debt.run !== run && !debt.reviewed,
  );
  return owed === undefined
    ? []
    : [
        [
          'E_BREAK_GLASS',
          `a review of ${owed.request} was owed in ${scope} since entry ${owed.index}`,
        ],
      ];
}

function debtOf({ event }: Recorded, state: RunState): Debt | null {
  const { permit } = event.type === 'step.started' ? event.data : { permit: null };
  const record = permit?.kind === 'grant' ? state.requests.get(permit.request) : undefined;
  const found = record === undefined ? null : owedReview(state, record);
  if (found === null) {
    return null;
  }
  const { owed, due } = found;
  return {
    index: owed.started.index,
    request: owed.request.id,
    run: owed.run,
    scope: owed.terms.scope,
    due,
    reviewed: false,
  };
}

function whyNoReview(
  of: { readonly entry: Recorded; readonly data: BreakGlassReviewed; readonly state: RunState },
  { rules, origin, rootAt }: Docket,
): string | null {
  const { entry, data, state } = of;
  const record = state.requests.get(data.request);
  const found = record === undefined ? null : owedReview(state, record);
  if (found === null) {
    return `nothing was started under ${data.request}`;
  }
  const judged = judgeReview({
    signed: { statement: data.statement, signature: data.signature },
    people: rules.people,
    initiator: state.initiator,
    origin,
    decisionIndexUpperBound: entry.seq,
    rootAt,
    owed: found.owed,
    lists: recordedLists(data.lists === undefined ? {} : { lists: data.lists }),
  });
  if (judged.kind === 'refused') {
    return judged.message;
  }
  const isSame =
    judged.person === data.person &&
    judged.finding === data.finding &&
    judged.reason === data.reason &&
    found.owed.terms.scope === data.scope;
  return isSame ? null : 'the entry says other than what was signed';
}
