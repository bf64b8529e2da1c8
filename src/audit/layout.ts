import { allSteps, type Plan, type PlannedStep } from '../runbook/plan.ts';

/** The steps of a plan, as whoever follows its run by the thousand looks them up. */
export interface Layout {
  /** By id; of several with one id the first. */
  readonly stepOf: ReadonlyMap<string, PlannedStep>;
  /** What comes before `finally`, in order. */
  readonly body: readonly PlannedStep[];
  /** Where a step of the body stands in it. */
  readonly placeOf: ReadonlyMap<PlannedStep, number>;
}

const known = new WeakMap<Plan, Layout>();

/** Made once for each plan: it never changes. */
export function layoutOf(plan: Plan): Layout {
  const layout = known.get(plan) ?? makeLayout(plan);
  known.set(plan, layout);
  return layout;
}

function makeLayout(plan: Plan): Layout {
  const body = [...plan.preconditions, ...plan.steps];
  return {
    stepOf: new Map(
      allSteps(plan)
        .map((step) => [step.id, step] as const)
        .reverse(),
    ),
    body,
    placeOf: new Map(body.map((step, place) => [step, place])),
  };
}
