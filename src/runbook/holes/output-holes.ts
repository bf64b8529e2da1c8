import { allSteps, type Plan, type PlannedStep } from '../plan.ts';
import { referencesOf, stepTemplates } from '../step-references.ts';
import type { Hole, HoleLimits } from './hole.ts';
import { isBounded } from './limits.ts';

/**
 * What of a step's command only earlier steps will tell, as holes, in the order it is named; null where
 * one of these values could be anything. Whether each stands alone, `renderTemplate` finds out.
 */
export function outputHoles(plan: Plan, step: PlannedStep): readonly Hole[] | null {
  const named = referencesOf(stepTemplates(step), [])
    .filter(({ path: [root, , field], path }) => root === 'steps' && field === 'outputs' && path[3])
    .map(({ path }) => path.slice(0, 4).join('.'));
  const holes = [...new Set(named)].map((name) => holeOf(plan, name));
  return holes.every((hole) => hole !== null) ? holes : null;
}

function holeOf(plan: Plan, name: string): Hole | null {
  const [, id, , output = ''] = name.split('.');
  const step = allSteps(plan).find((each) => each.id === id);
  const limits = step === undefined ? null : limitsOf(step, output);
  return limits !== null && isBounded(limits) ? { name, ...limits } : null;
}

/** A person is asked for values within limits, too. */
function limitsOf({ action, outputs }: PlannedStep, name: string): HoleLimits | null {
  if (action.kind === 'manual') {
    const asked = Object.hasOwn(action.ask, name) ? action.ask[name] : undefined;
    return asked === undefined
      ? null
      : {
          type: asked.type,
          enum: asked.enum,
          pattern: asked.pattern,
          min: asked.min,
          max: asked.max,
        };
  }
  const declared = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  return declared === undefined || declared.secret ? null : (declared.limits ?? null);
}
