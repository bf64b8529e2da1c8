import { refusalFor } from '../approval/people/refusal.ts';
import { UsageError } from '../base/errors.ts';
import { judgeStep, type Rules } from '../run/judge.ts';
import type { Command } from '../runbook/command.ts';
import { commandDigest } from '../runbook/digest.ts';
import { allSteps, type PlannedStep } from '../runbook/plan.ts';
import { renderStep } from '../runbook/render.ts';
import { summarizeStep } from '../runbook/summary.ts';
import { listsOf } from './ask-lists.ts';
import type { Engine } from './engine.ts';
import { refuseUnfit } from './grant/refuse-reuse.ts';
import { momentOf } from './not-before.ts';
import { rulesOf } from './policy/rules-of.ts';
import { refuseUnmatched } from './refuse-unmatched.ts';
import type { PlanReport } from './reports.ts';
import type { StartInput } from './service.ts';
import { type Draft, draftCase, draftRun } from './start-run.ts';
import { initiatorFacts } from './step/scope.ts';

/** What would run, and what each step would need. Reads files; writes nothing, the journal included. */
export function planRun(engine: Engine, input: StartInput): PlanReport {
  const trusted = engine.trusted();
  const draft = draftRun(engine, trusted, input);
  const rules = rulesOf(trusted);
  const steps = allSteps(draft.plan).map((step) => planStep(engine, { draft, rules, step }, input));
  refuseUnmatched(
    input,
    steps.map(({ verdict }) => verdict),
  );
  const asks = steps.some(({ verdict }) => verdict.kind === 'ask');
  const refusal = asks ? refusalFor(rules.people, draft.initiator.chain) : null;
  return { plan: draft.plan, initiator: draft.initiator, refusal, steps };
}

function planStep(
  engine: Engine,
  of: { readonly draft: Draft; readonly rules: Rules; readonly step: PlannedStep },
  input: StartInput,
): PlanReport['steps'][number] {
  const { draft, rules, step } = of;
  const verdict = judgeStep(rules, draftCase(draft, input, step), {
    nowMs: momentOf(engine, input),
    lists: listsOf(engine, rules),
  });
  refuseUnfit(draft.plan, step, verdict);
  const command = bindNow(engine, { draft, step, hash: verdict.kind !== 'none' }, input);
  return {
    id: step.id,
    name: step.name,
    list: step.list,
    summary: summarizeStep(step),
    verdict,
    digest: command === null ? null : commandDigest(command),
    command,
    not_bound: command === null ? [] : engine.actions.notBound(command),
  };
}

/** Null where earlier outputs feed the step, a program or file is not there yet, or a person does it. */
function bindNow(
  engine: Engine,
  of: { readonly draft: Draft; readonly step: PlannedStep; readonly hash: boolean },
  input: StartInput,
): Command | null {
  const { draft, step, hash } = of;
  if (step.action.kind === 'manual') {
    return null;
  }
  try {
    const rendered = renderStep(draft.plan, step, {
      steps: {},
      run: { id: draft.run, reason: input.reason, ticket: input.ticket },
      initiator: initiatorFacts(draft),
      host: engine.host,
      uid: engine.uid,
    });
    return engine.actions.bind(rendered, hash);
  } catch (error) {
    if (error instanceof UsageError) {
      return null;
    }
    throw error;
  }
}
