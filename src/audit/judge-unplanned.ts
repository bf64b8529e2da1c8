import { recordedLists } from '../policy/lists.ts';
import type { Asked, Evaluation, Policy, Verdict } from '../policy/policy.ts';
import type { StepStarted } from '../run/events.ts';
import { caseOf, judgeStep } from '../run/judge.ts';
import type { Environment, Plan, PlannedStep } from '../runbook/plan.ts';
import type { Docket, Replay } from './docket.ts';

/**
 * The least that policy then in force says of a step whose plan is gone. Which rules match nobody can tell
 * any more: those that the entry names are taken at its word, and what policy asks of every privileged step
 * it asks of this one, too. An empty list of slots approves nothing. Null where the run has no such step.
 */
export function leastVerdict(
  of: { readonly data: StepStarted; readonly evaluation: Evaluation; readonly asked?: Asked },
  { docket, replay }: { readonly docket: Docket; readonly replay: Replay },
): Verdict | null {
  const { state } = replay;
  const known = state.started.steps.find(({ id }) => id === of.data.step);
  if (known === undefined) {
    return null;
  }
  const one = caseOf(state, plainPlan(docket, replay), { ...nothing, ...known });
  const policy = matching(docket.rules.policy, of.evaluation.matched);
  return judgeStep(
    { ...docket.rules, policy },
    { ...one, asked: of.asked ?? one.asked },
    { nowMs: Date.parse(of.evaluation.now), lists: recordedLists(of.evaluation) },
  );
}

/** Only these rules, and wherever they are looked at. */
function matching(policy: Policy, names: readonly string[]): Policy {
  const always = { when: null, during: [], outside: [] };
  return {
    ...policy,
    rules: policy.rules
      .filter(({ name }) => names.includes(name))
      .map((rule) => ({ ...rule, ...always })),
    grants: policy.grants.map((rule) => ({ ...rule, ...always })),
    breakGlass: policy.breakGlass.map((rule) => ({ ...rule, ...always })),
  };
}

/** One that the configuration no longer describes counts as protected. */
function environmentIn({ config }: Docket, name: string): Environment {
  const { environments } = config;
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined;
  return found ?? { name, vars: {}, protected: name !== 'local', hosts: [] };
}

/** As much of a plan that is gone as the entry of its run's start says. No rule that is left looks at the rest. */
export function plainPlan(docket: Docket, { state }: Replay, params: Plan['params'] = {}): Plan {
  const { runbook, environment } = state.started;
  return {
    v: 1,
    runbook: { ...runbook, description: null, dir: '' },
    environment: environmentIn(docket, environment),
    params,
    env: {},
    preconditions: [],
    steps: [],
    finally: [],
  };
}

const nothing: Omit<PlannedStep, 'id' | 'list' | 'privileged'> = {
  name: null,
  description: null,
  line: 0,
  tags: [],
  if: null,
  action: { kind: 'run', shell: 'sh', script: '' },
  env: {},
  cwd: null,
  files: [],
  timeout_ms: 0,
  retry: null,
  expect: { exit: [], status: [], that: null },
  continue_on_error: false,
  idempotent: false,
  check: null,
  outputs: {},
};
