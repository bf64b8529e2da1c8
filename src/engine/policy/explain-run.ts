import { personNamed } from '../../approval/people/identity.ts';
import type { Initiator, People } from '../../approval/people/people.ts';
import { refusalFor, whyNoPerson } from '../../approval/people/refusal.ts';
import { viewsOf } from '../../approval/people/views.ts';
import { conflictOf, eligibleFor, ever } from '../../approval/tally/eligible.ts';
import { formatTime } from '../../base/clock.ts';
import { UsageError } from '../../base/errors.ts';
import { withPrivilege } from '../../policy/evaluate.ts';
import { explainVerdict } from '../../policy/explain.ts';
import type { Slot, Verdict } from '../../policy/policy.ts';
import { factsOf, judgeStep } from '../../run/judge.ts';
import { allSteps, type PlannedStep } from '../../runbook/plan.ts';
import { summarizeStep } from '../../runbook/summary.ts';
import { listsOf } from '../ask-lists.ts';
import type { Engine } from '../engine.ts';
import { momentOf } from '../not-before.ts';
import type { StartInput } from '../service.ts';
import { type Draft, draftCase, draftRun } from '../start-run.ts';
import { type AsIf, callerAsIf } from './as-if.ts';
import { explainReliefs, explainRules } from './explain-rules.ts';
import type { ExplainedStep, PolicyExplainReport } from './reports.ts';
import { rulesOf } from './rules-of.ts';

/** A start that might be, and what of it is to be explained. */
export interface ExplainInput {
  readonly start: StartInput;
  /** Who starts it; null: whoever asks. Nothing is signed. */
  readonly as: AsIf | null;
  /** When; null: now. */
  readonly atMs: number | null;
  readonly step: string | null;
}

/** What policy says to each step, and why. Reads the trusted files and the lists; the journal stays closed. */
export function explainRun(engine: Engine, input: ExplainInput): PolicyExplainReport {
  const trusted = engine.trusted();
  const rules = rulesOf(trusted);
  refuseUnknown(rules.people, input.as?.person ?? null);
  const caller = input.as === null ? engine.caller : callerAsIf(rules.people, input.as);
  const { env, authorsOf } = engine;
  const draft = draftRun({ caller, env, authorsOf }, trusted, input.start);
  const nowMs = input.atMs ?? momentOf(engine, input.start);
  const lists = listsOf(engine, rules);
  const steps = stepsOf(draft, input.step).map((step) => {
    const one = draftCase(draft, input.start, step);
    const verdict = judgeStep(rules, one, { nowMs, lists });
    const sight = {
      facts: withPrivilege(factsOf(one)),
      views: viewsOf(one.initiator.chain),
    };
    return {
      id: step.id,
      list: step.list,
      summary: summarizeStep(step),
      verdict,
      words: explainVerdict(verdict),
      rules: explainRules(rules.policy, sight, nowMs),
      kept_out: keptOut(verdict, rules.people, draft.initiator),
      ...explainReliefs(rules.policy, {
        sight,
        nowMs,
        denied: deniersOf(verdict),
        asked: one.asked,
        machine: whyNoPerson(draft.initiator),
      }),
    };
  });
  return {
    runbook: draft.plan.runbook.name,
    environment: draft.plan.environment.name,
    at: formatTime(nowMs),
    initiator: draft.initiator,
    refusal: steps.some(({ verdict }) => verdict.kind === 'ask')
      ? refusalFor(rules.people, draft.initiator.chain)
      : null,
    steps,
  };
}

function refuseUnknown(people: People, name: string | null): void {
  if (name !== null && personNamed(people, name) === null) {
    throw new UsageError({
      code: 'person_unknown',
      message: `there is no person \`${name}\` in \`people.yaml\``,
      hint: '`runbook people list` has them all',
    });
  }
}

/** A person does a manual step: nobody is asked about it. */
function stepsOf({ plan }: Draft, wanted: string | null): readonly PlannedStep[] {
  const all = allSteps(plan).filter(({ action }) => action.kind !== 'manual');
  const steps = wanted === null ? all : all.filter(({ id }) => id === wanted);
  if (wanted !== null && steps.length === 0) {
    throw new UsageError({
      code: 'step_unknown',
      message: `\`${plan.runbook.name}\` has no step \`${wanted}\` that policy is asked about`,
      hint: `it has ${all.map(({ id }) => id).join(', ')}`,
    });
  }
  return steps;
}

function deniersOf(verdict: Verdict): readonly string[] {
  return verdict.kind === 'deny' ? verdict.reasons.map(({ rule }) => rule) : [];
}

const nobody: Initiator = { kind: 'unknown', chain: [] };

/** Everybody whom a slot names and who cannot fill it now, with the reason. */
function keptOut(
  verdict: Verdict,
  people: People,
  initiator: Initiator,
): ExplainedStep['kept_out'] {
  const slots = verdict.kind === 'ask' ? verdict.slots : [];
  return slots.flatMap((slot) =>
    eligibleFor({ ...slot, excluded: [] }, { people, initiator: nobody }, ever)
      .filter((person) => !slot.eligible.includes(person))
      .map((person) => ({
        slot: slot.id,
        person,
        why: whyNot(person, slot, { people, initiator }),
      })),
  );
}

function whyNot(
  name: string,
  { excluded = [] }: Slot,
  { people, initiator }: { readonly people: People; readonly initiator: Initiator },
): string {
  const exclusion = excluded.find(({ person }) => person === name);
  if (exclusion !== undefined) {
    return exclusion.why === 'step_author' ? 'wrote the step' : 'approved another step of this run';
  }
  const person = personNamed(people, name);
  const tie = person === null ? null : conflictOf(person, initiator);
  return tie === null
    ? 'only once it was escalated'
    : `stands behind the run, as \`${tie.role}\` \`${tie.identity}\``;
}
