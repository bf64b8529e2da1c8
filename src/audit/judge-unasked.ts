import { recordedLists } from '../policy/lists.ts';
import type { Asked, Evaluation, Verdict } from '../policy/policy.ts';
import type { Recorded, StepStarted } from '../run/events.ts';
import { caseOf, judgeStep } from '../run/judge.ts';
import { type Docket, plannedStep, type Replay } from './docket.ts';
import type { FindingCode } from './finding.ts';

/** How far the `now` that rules saw may lie from the time of the entry that records it. */
const evaluationAgeMs = 120_000;

type Findings = readonly (readonly [FindingCode, string])[];

/** A spawn that nobody was asked about: policy, replayed, must have said that nobody was needed. */
export function judgeUnasked(
  of: { readonly entry: Recorded; readonly data: StepStarted; readonly evaluation: Evaluation },
  by: { readonly docket: Docket; readonly replay: Replay },
): Findings {
  const replayed = replayVerdict(of, by);
  if (replayed.kind === 'stale') {
    return replayed.findings;
  }
  return replayed.verdict.kind === 'none'
    ? []
    : [
        [
          'E_UNAPPROVED_EXECUTION',
          `policy then in force says \`${replayed.verdict.kind}\`, and nothing was asked`,
        ],
      ];
}

/** What policy and people then in force say of the step, at the moment the entry claims to have asked them. */
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
  const { entry, data, evaluation } = of;
  const stale = (
    code: FindingCode,
    message: string,
  ): { readonly kind: 'stale'; readonly findings: Findings } => ({
    kind: 'stale',
    findings: [[code, message]],
  });
  if (evaluation.config !== docket.rules.config) {
    return stale(
      'E_UNAPPROVED_EXECUTION',
      `it was judged under entry ${evaluation.config}, but the policy of entry ${docket.rules.config} was in force`,
    );
  }
  if (Math.abs(Date.parse(entry.time) - Date.parse(evaluation.now)) > evaluationAgeMs) {
    return stale(
      'E_TIME_CLAIMED',
      `its rules saw ${evaluation.now}, but it was recorded at ${entry.time}`,
    );
  }
  const { plan, state } = replay;
  const step = plannedStep(replay, data.step);
  if (plan === null || step === null) {
    return stale('E_UNAPPROVED_EXECUTION', 'the plan has no such step');
  }
  const one = caseOf(state, plan, step);
  const verdict = judgeStep(
    docket.rules,
    { ...one, asked: of.asked ?? one.asked },
    {
      nowMs: Date.parse(evaluation.now),
      lists: recordedLists(evaluation),
    },
  );
  return { kind: 'verdict', verdict };
}
