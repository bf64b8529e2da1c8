import { Mark, type Scope, Secret, type Value } from '../base/expression-value.ts';
import type { RunId } from '../base/ids.ts';
import type { Json, JsonObject } from '../base/json.ts';
import type { SecretRef } from './command.ts';
import { isSecretRef } from './digest.ts';
import { allSteps, type Plan } from './plan.ts';

/** What is known when a step is due, besides the plan. */
export interface RenderScope {
  /** Steps that ended or were skipped; the others have no results yet. */
  readonly steps: Readonly<Record<string, StepFacts>>;
  readonly run: RunFacts;
  /** `kind`, `caller`, `person`, `agent`: the same when the plan is built and when it is rendered. */
  readonly initiator: JsonObject;
  readonly host: string;
  readonly uid: number;
  /** Values that are not known yet, in place of whatever has their names. */
  readonly marks?: readonly Mark[];
}

interface StepFacts {
  readonly status: string;
  readonly exit_code: number | null;
  /** Secret outputs are references. */
  readonly outputs: Readonly<Record<string, Json | SecretRef>>;
}

export interface RunFacts {
  readonly id: RunId;
  readonly reason: string | null;
  readonly ticket: string | null;
}

/** What expressions of a step see. */
export function expressionScope(plan: Plan, scope: RenderScope): Scope {
  const steps = Object.entries(scope.steps).map(([id, { status, exit_code, outputs }]) => {
    const declared = allSteps(plan).find((step) => step.id === id)?.outputs ?? {};
    // Only an output declared secret can be a reference: a program that prints something that looks
    // like one must not be handed another secret.
    const values = Object.entries(outputs).map(([name, value]): [string, Value] =>
      declared[name]?.secret === true ? [name, asValue(value)] : [name, value as Json],
    );
    return [id, { status, exit_code, outputs: Object.fromEntries(values) }] as const;
  });
  const known: Scope = { ...planScope(plan, scope), steps: Object.fromEntries(steps) };
  return (scope.marks ?? []).reduce(
    (marked, mark) => placeMark(marked, mark.name.split('.'), mark),
    known,
  );
}

function placeMark(scope: Scope, [key = '', ...rest]: readonly string[], mark: Mark): Scope {
  const inner = scope[key];
  return {
    ...scope,
    [key]: rest.length === 0 ? mark : placeMark(isScope(inner) ? inner : {}, rest, mark),
  };
}

function isScope(value: Value | undefined): value is Scope {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date || value instanceof Secret || value instanceof Mark)
  );
}

/** What expressions see that stand before every step. */
export function planScope(
  { params, environment }: Pick<Plan, 'params' | 'environment'>,
  { run, initiator }: Pick<RenderScope, 'run' | 'initiator'>,
): Scope {
  const { name, vars } = environment;
  return {
    params: Object.fromEntries(Object.entries(params).map(([key, value]) => [key, asValue(value)])),
    environment: { name, vars, protected: environment.protected },
    run: { ...run },
    initiator,
  };
}

/** The mark that lets a secret pass through expressions unseen. */
function asValue(value: Json | SecretRef): Value {
  return isSecretRef(value) ? new Secret(value.secret, value.commitment) : value;
}
