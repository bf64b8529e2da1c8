import { parseExpression } from '../base/expression.ts';
import { type Reference, referencesIn } from '../base/expression-tree.ts';
import type { Json } from '../base/json.ts';
import type { PlannedAction, PlannedStep } from './plan.ts';
import { parseTemplate } from './template.ts';

/** Every name that a step's templates and expressions take from their scope. */
export function stepReferences(step: PlannedStep): readonly Reference[] {
  const { check, expect, outputs } = step;
  const expressions = [
    step.if,
    expect.that,
    check?.expect.that,
    ...Object.values(outputs).map((it) => it.value),
  ];
  return referencesOf(
    stepTemplates(step),
    expressions.filter((it) => it !== null && it !== undefined),
  );
}

/** The texts with `${{ }}` that become the step's command. */
export function stepTemplates({ action, check, env }: PlannedStep): readonly string[] {
  return [
    ...Object.values(env),
    ...textsOf(action),
    ...(check === null ? [] : textsOf(check.action)),
  ];
}

/** What texts name: templates, and expressions that stand alone. */
export function referencesOf(
  templates: readonly string[],
  expressions: readonly string[],
): readonly Reference[] {
  const holes = templates.flatMap((source) => {
    const template = parseTemplate(source);
    return 'message' in template ? [] : template.filter((piece) => typeof piece === 'object');
  });
  return [...holes.map((hole) => hole.expression), ...expressions].flatMap((source) =>
    referencesIn(parseExpression(source)),
  );
}

function textsOf(action: PlannedAction): readonly string[] {
  switch (action.kind) {
    case 'run':
      return [];
    case 'exec':
      return action.argv;
    case 'http': {
      const { url, query, headers, json, body } = action;
      return [
        url,
        ...Object.values(query),
        ...Object.values(headers),
        ...textsIn(json),
        body ?? '',
      ];
    }
    case 'manual':
      return [action.text];
  }
}

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') {
    return [value];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
