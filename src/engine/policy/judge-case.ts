import { personNamed } from '../../approval/people/identity.ts';
import type { Initiator } from '../../approval/people/people.ts';
import { refusalFor } from '../../approval/people/refusal.ts';
import type { Tally } from '../../approval/tally/tally.ts';
import { sha256 } from '../../base/digest.ts';
import type { ListAnswer, Slot, Verdict } from '../../policy/policy.ts';
import { type Case, judgeStep, type Rules, tallyClaim, tallyRequest } from '../../run/judge.ts';
import type { Plan, PlannedAction, PlannedStep } from '../../runbook/plan.ts';
import { initiatorAsIf } from './as-if.ts';
import type { PolicyCase } from './case-file.ts';
import type { Given } from './given-file.ts';
import { recordAsIf } from './record-as-if.ts';

/** What a case comes to, by the functions that the engine decides with. */
export interface CaseOutcome {
  readonly verdict: 'none' | 'ask' | 'deny';
  /** Why it denies, in words. */
  readonly reasons: readonly string[];
  /** The rules that had a say. */
  readonly rules: readonly string[];
  readonly slots: readonly Slot[];
  readonly reasonRequired: boolean;
  /** What the decisions come to when it is claimed; null where nobody is asked. */
  readonly claim: Claim | null;
}

/** Between the request and its claim policy may have come to deny. */
export type Claim = Tally | { readonly kind: 'denied'; readonly reasons: readonly string[] };

/** Judges a case as the engine would a step: at the time it says, and again when it would be claimed. */
export function judgeCase(
  rules: Rules,
  row: PolicyCase,
  lists: Readonly<Record<string, readonly string[]>>,
): CaseOutcome {
  const { given } = row;
  const initiator = initiatorAsIf(rules.people, given.initiator, given.initiator.resumed_by);
  const one = caseOfGiven(given, initiator);
  const answers = answering(rules, { ...lists, ...given.lists });
  const judge = (nowMs: number): Verdict => judgeStep(rules, one, { nowMs, lists: answers });
  const verdict = judge(given.at);
  const refusal = verdict.kind === 'ask' ? refusalFor(rules.people, initiator.chain) : null;
  if (refusal !== null) {
    return { ...outcomeOf(verdict), verdict: 'deny', reasons: [refusal.message], slots: [] };
  }
  if (verdict.kind !== 'ask') {
    return outcomeOf(verdict);
  }
  return { ...outcomeOf(verdict), claim: claim(row, { rules, one, verdict, judge }) };
}

function outcomeOf(verdict: Verdict): CaseOutcome {
  const { matched, failed } = verdict.evaluation;
  return {
    verdict: verdict.kind,
    reasons: reasonsOf(verdict),
    rules: [...matched, ...failed.map(({ rule }) => rule)],
    slots: verdict.kind === 'ask' ? verdict.slots : [],
    reasonRequired: verdict.kind === 'ask' && verdict.reasonRequired,
    claim: null,
  };
}

function reasonsOf(verdict: Verdict): readonly string[] {
  return verdict.kind === 'deny'
    ? verdict.reasons.map(({ rule, reason }) => `${rule}: ${reason}`)
    : [];
}

/**
 * Counts as a claim does: the decisions must fill the slots that were asked for and those that policy
 * demands by then, from an hour, or a list, that may be another.
 */
function claim(
  { given, decisions, claimed_after }: PolicyCase,
  of: {
    readonly rules: Rules;
    readonly one: Case;
    readonly verdict: Extract<Verdict, { kind: 'ask' }>;
    readonly judge: (nowMs: number) => Verdict;
  },
): Claim {
  const { rules, one, verdict, judge } = of;
  const nowMs =
    given.at + (claimed_after ?? Math.max(0, ...decisions.map(({ afterMs }) => afterMs)));
  const request = recordAsIf({ one, verdict, createdMs: given.at, decisions });
  const counting = { people: rules.people, initiator: one.initiator, nowMs };
  const later = judge(nowMs);
  if (later.kind === 'deny') {
    return { kind: 'denied', reasons: reasonsOf(later) };
  }
  return later.kind === 'ask'
    ? tallyClaim(request, { ...counting, slots: later.slots })
    : tallyRequest(request, counting);
}

/** Lists answer what the table says; names that are nobody's are said to be unknown. */
function answering(
  { people, policy }: Rules,
  lists: Readonly<Record<string, readonly string[]>>,
): (name: string) => ListAnswer {
  return (name) => {
    const answer = lists[name];
    if (answer === undefined || !Object.hasOwn(policy.lists, name)) {
      return { people: [], unknown: [], error: 'the case gives no answer' };
    }
    const isKnown = (person: string): boolean => personNamed(people, person) !== null;
    return {
      people: answer.filter(isKnown),
      unknown: answer.filter((person) => !isKnown(person)),
      error: null,
    };
  };
}

/** A step of no runbook, about which a case says everything. */
export function caseOfGiven(given: Given, initiator: Initiator): Case {
  return {
    plan: planOf(given),
    step: stepOf(given),
    initiator,
    reason: given.reason,
    ticket: given.ticket,
    asked: { breakGlass: given.break_glass, overrides: given.overrides, reuse: given.grant },
    authors: given.authors,
    approvedBefore: given.approved_before.map((person) => ({ person, identities: [] })),
  };
}

function planOf({ environment, runbook, params }: Given): Plan {
  return {
    v: 1,
    runbook: {
      ...runbook,
      description: null,
      file: 'runbook.yaml',
      source: sha256(''),
      dir: '/',
    },
    environment: { ...environment, hosts: null },
    params,
    env: {},
    preconditions: [],
    steps: [],
    finally: [],
  };
}

function stepOf({ step }: Given): PlannedStep {
  const { kind, ...said } = step;
  return {
    ...said,
    privileged: said.privileged || said.tags.includes('privileged'),
    description: null,
    list: 'steps',
    line: 1,
    if: null,
    action: actionOf(kind),
    env: {},
    cwd: null,
    files: [],
    timeout_ms: 3_600_000,
    retry: null,
    expect: { exit: [0], status: [], that: null },
    continue_on_error: false,
    idempotent: false,
    check: null,
    outputs: {},
  };
}

function actionOf(kind: Given['step']['kind']): PlannedAction {
  switch (kind) {
    case 'run':
      return { kind, shell: 'sh', script: 'true' };
    case 'exec':
      return { kind, argv: ['true'] };
    case 'http':
      return {
        kind,
        method: 'GET',
        url: 'https://example.com/',
        query: {},
        headers: {},
        json: null,
        body: null,
        redirects: 'off',
      };
  }
}
