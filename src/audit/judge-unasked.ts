import { recordedLists } from '../policy/lists.ts';
import type { Asked, Evaluation, Verdict } from '../policy/policy.ts';
import type { Recorded, StepStarted } from '../run/events.ts';
import { caseOf, judgeStep } from '../run/judge.ts';
import { type Docket, plannedStep, type Replay } from './docket.ts';
import type { FindingCode } from './finding.ts';
import { leastVerdict } from './judge-unplanned.ts';
import { unaskedSteps } from './unasked.ts';

/** How far the `now` that rules saw may lie from the time of the entry that records it. */
const evaluationAgeMs = 120_000;

type Wrong = readonly [FindingCode, string];
type Findings = readonly Wrong[];

/** A spawn that nobody was asked about: policy, replayed, must have said that nobody was needed. */
export function judgeUnasked(
  of: { readonly entry: Recorded; readonly data: StepStarted; readonly evaluation: Evaluation },
  by: { readonly docket: Docket; readonly replay: Replay },
): Findings {
  const { step } = of.data;
  const known = isPlain(of, by.docket) ? unaskedSteps(by.docket.rules, by.replay) : null;
  if (known?.has(step) === true) {
    return [];
  }
  const replayed = replayVerdict(of, by);
  if (replayed.kind === 'stale') {
    return replayed.findings;
  }
  if (replayed.verdict.kind === 'none') {
    known?.add(step);
    return [];
  }
  return [
    [
      'E_UNAPPROVED_EXECUTION',
      `policy then in force says \`${replayed.verdict.kind}\`, and nothing was asked`,
    ],
  ];
}

/** Nothing about what the entry says was asked could make a difference, or fail. */
function isPlain(
  of: { readonly entry: Recorded; readonly evaluation: Evaluation },
  docket: Docket,
): boolean {
  const { now, lists } = of.evaluation;
  return whyStale(of, docket) === null && lists === undefined && !Number.isNaN(Date.parse(now));
}

/**
 * What policy and people then in force say of the step, at the moment the entry claims to have asked them;
 * where its plan is gone the least that they can have said.
 */
export function replayVerdict(
  of: {
    readonly entry: Recorded;
    readonly data: StepStarted;
    readonly evaluation: Evaluation;
    /** What policy was asked for beyond the ordinary, where it is not what the run was started with. */
    readonly asked?: Asked;
  },
  { docket, replay }: { readonly docket: Docket; readonly replay: Replay },
):
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'stale'; readonly findings: Findings } {
  const stale = whyStale(of, docket);
  const { plan, state } = replay;
  const step = plannedStep(replay, of.data.step);
  if (stale === null && plan === null) {
    const verdict = leastVerdict(of, { docket, replay });
    return verdict === null
      ? { kind: 'stale', findings: [noSuchStep] }
      : { kind: 'verdict', verdict };
  }
  if (stale !== null || plan === null || step === null) {
    return { kind: 'stale', findings: [stale ?? noSuchStep] };
  }
  const one = caseOf(state, plan, step);
  const verdict = judgeStep(
    docket.rules,
    { ...one, asked: of.asked ?? one.asked },
    {
      nowMs: Date.parse(of.evaluation.now),
      lists: recordedLists(of.evaluation),
    },
  );
  return { kind: 'verdict', verdict };
}

const noSuchStep: Wrong = ['E_UNAPPROVED_EXECUTION', 'the plan has no such step'];

/** What is wrong with what the entry claims to have asked, and when; null where nothing is. */
function whyStale(
  { entry, evaluation }: { readonly entry: Recorded; readonly evaluation: Evaluation },
  { rules }: Docket,
): Wrong | null {
  if (evaluation.config !== rules.config) {
    return [
      'E_UNAPPROVED_EXECUTION',
      `it was judged under entry ${evaluation.config}, but the policy of entry ${rules.config} was in force`,
    ];
  }
  return Math.abs(Date.parse(entry.time) - Date.parse(evaluation.now)) > evaluationAgeMs
    ? ['E_TIME_CLAIMED', `its rules saw ${evaluation.now}, but it was recorded at ${entry.time}`]
    : null;
}
