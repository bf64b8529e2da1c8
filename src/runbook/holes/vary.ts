import { parseExpression } from '../../base/expression.ts';
import { type Reference, referencesIn } from '../../base/expression-tree.ts';
import { canonicalize } from '../../base/jcs.ts';
import type { Command } from '../command.ts';
import { isSecretRef } from '../digest.ts';
import type { Plan, PlannedStep } from '../plan.ts';
import type { RenderScope } from '../render.ts';
import { stepTemplates } from '../step-references.ts';
import { parseTemplate } from '../template.ts';
import type { Hole, HoleLimits } from './hole.ts';
import { renderTemplate } from './holes.ts';
import { fillMarks } from './marks.ts';

/** Parameters in which the uses of one approval may differ, and how far. */
export type Vary = Readonly<Record<string, HoleLimits>>;

/** A command in which parameters may vary. Without holes it is the command itself. */
export interface VaryingCommand {
  readonly template: Command;
  readonly holes: readonly Hole[];
}

/**
 * Why an approval of this step cannot hold for other values of these parameters, in words; null where it
 * can. Known before anything runs: a varied parameter stands alone wherever it stands, and is no secret.
 */
export function varyProblem(plan: Plan, step: PlannedStep, vary: Vary): string | null {
  for (const name of varied(plan, vary)) {
    if (isSecretRef(plan.params[name])) {
      return `\`params.${name}\` is a secret, and secrets cannot vary`;
    }
    const computing = expressionsOf(plan, step).find(
      (source) =>
        source !== `params.${name}` && namesIn(source).some((path) => isParam(path, name)),
    );
    if (computing !== undefined) {
      return `\`params.${name}\` may vary, so it must stand alone, not in \`${computing}\``;
    }
  }
  const secret = secretOf(plan, step);
  return secret === null
    ? null
    : `it is given the secret \`${secret}\`, which every run commits to anew: no later run could do the same`;
}

/** The step's command with marks for what may vary in it; null where it cannot be rendered so. */
export function renderVarying(
  plan: Plan,
  step: PlannedStep,
  { scope, vary }: { readonly scope: RenderScope; readonly vary: Vary },
): VaryingCommand | null {
  const names = varied(plan, vary).map((name) => `params.${name}`);
  const template = renderTemplate(plan, step, { scope, names });
  if (template === null) {
    return null;
  }
  const used = marksIn(template);
  const holes = varied(plan, vary).flatMap((name): Hole[] => {
    const limits = vary[name];
    return limits !== undefined && used.has(`params.${name}`)
      ? [{ ...limits, name: `params.${name}` }]
      : [];
  });
  return { template, holes };
}

/** In the order of the rule; what this runbook does not declare varies nowhere. */
function varied(plan: Plan, vary: Vary): readonly string[] {
  return Object.keys(vary).filter((name) => Object.hasOwn(plan.params, name));
}

function marksIn(template: Command): ReadonlySet<string> {
  const names = new Set<string>();
  fillMarks(canonicalize(template), (name) => {
    names.add(name);
    return null;
  });
  return names;
}

/** What stands in `${{ }}` wherever it becomes a part of the command. */
function expressionsOf({ env_source = {} }: Plan, step: PlannedStep): readonly string[] {
  return [...stepTemplates(step), ...Object.values(env_source)].flatMap((source) => {
    const template = parseTemplate(source);
    return 'message' in template
      ? []
      : template.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.expression]));
  });
}

function namesIn(source: string): readonly Reference[] {
  return referencesIn(parseExpression(source));
}

function isParam({ path: [root, key] }: Reference, name: string): boolean {
  // `params[x]` names no parameter, and could be any.
  return root === 'params' && (key === name || key === undefined);
}

/** A secret that the step is given for sure: of the environment all steps have, or a parameter that it names. */
function secretOf(plan: Plan, step: PlannedStep): string | null {
  const inherited = Object.entries(plan.env)
    .filter(([name]) => !Object.hasOwn(step.env, name))
    .flatMap(([, text]) => text)
    .find(isSecretRef);
  const named = expressionsOf({ ...plan, env_source: {} }, step)
    .flatMap(namesIn)
    .map(({ path: [root, key = ''] }) => (root === 'params' ? plan.params[key] : undefined))
    .find(isSecretRef);
  return (inherited ?? named)?.secret ?? null;
}
