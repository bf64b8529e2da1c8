import { resolve } from 'node:path';
import { InternalError } from '../base/errors.ts';
import { evaluateExpression } from '../base/expression.ts';
import { ExpressionError } from '../base/expression-value.ts';
import type { Command, Text } from './command.ts';
import { type Filling, fillOptional, fillPlain, invalidValue, templateOf } from './fill.ts';
import type { ManualAction, Plan, PlannedStep, StartedAction } from './plan.ts';
import { renderHttp } from './render-http.ts';
import { expressionScope, type RenderScope } from './scope.ts';

export type { RenderScope } from './scope.ts';

/**
 * What one attempt of a step would do, from the frozen plan and the recorded results alone: the same
 * inputs give the same command, byte for byte. What only the disk knows is missing: `programs` is empty,
 * `cwd` and `files` are absolute but links are not resolved, and files have no hash. Throws UsageError
 * `value_invalid` (exit 2) where a value is absent, has no text, or must not stand where it would.
 */
export function renderStep(plan: Plan, step: PlannedStep, scope: RenderScope): Command {
  const { action } = step;
  if (action.kind === 'manual') {
    throw new InternalError({
      code: 'manual_rendered',
      message: `step \`${step.id}\` is done by a person: there is nothing to start`,
    });
  }
  const command = renderAction(plan, step, { action, scope });
  return { ...command, retry: step.retry, check: renderCheck(plan, step, scope) };
}

const maxManualBytes = 16_384;

/** What a person is told to do. Throws UsageError `value_invalid`. */
export function renderManual(
  plan: Plan,
  step: Pick<PlannedStep, 'id'>,
  { action, scope }: { readonly action: ManualAction; readonly scope: RenderScope },
): string {
  const place = `step \`${step.id}\`, \`manual\``;
  const text = fillPlain(action.text, { scope: expressionScope(plan, scope), place });
  if (Buffer.byteLength(text) > maxManualBytes) {
    // It stands in an entry, and a run whose next entry does not fit could never go on.
    throw invalidValue(place, `with its values it is longer than ${maxManualBytes} bytes`);
  }
  return text;
}

/** Whether the step is to run. Throws UsageError `value_invalid` where `if` has no value. */
export function evaluateIf(plan: Plan, step: PlannedStep, scope: RenderScope): boolean {
  if (step.if === null) {
    return true;
  }
  const place = `step \`${step.id}\`, \`if\``;
  try {
    const result = evaluateExpression(step.if, expressionScope(plan, scope));
    if (typeof result === 'boolean') {
      return result;
    }
  } catch (error) {
    if (error instanceof ExpressionError) {
      throw invalidValue(place, error.message, error.hint);
    }
    throw error;
  }
  throw invalidValue(place, 'it must be true or false');
}

/** The probe of a step as a command of its own; null where it has none. Same environment, same limits. */
function renderCheck(plan: Plan, step: PlannedStep, scope: RenderScope): Command | null {
  if (step.check === null) {
    return null;
  }
  const { action, expect } = step.check;
  return { ...renderAction(plan, step, { action, scope }), expect };
}

function renderAction(
  plan: Plan,
  step: PlannedStep,
  { action, scope }: { action: StartedAction; scope: RenderScope },
): Command {
  const values = expressionScope(plan, scope);
  const fillingAt = (part: string): Filling => ({
    scope: values,
    place: `step \`${step.id}\`, ${part}`,
  });
  const cwd = resolve(plan.runbook.dir, step.cwd ?? '.');
  return {
    v: 1,
    action: fillAction(action, fillingAt),
    cwd,
    env: fillEnv(plan.env, { ...writtenEnv(plan, scope), ...step.env }, fillingAt),
    stdin: null,
    programs: [],
    files: step.files.map((path) => ({ path: resolve(cwd, path), sha256: null })),
    timeout_ms: step.timeout_ms,
    retry: null,
    check: null,
    rollback: null,
    environment: plan.environment.name,
    host: scope.host,
    uid: scope.uid,
  };
}

/** A value with a mark was frozen without it: what the runbook's `env` was written as is filled again. */
function writtenEnv({ env_source = {} }: Plan, { marks = [] }: RenderScope): PlannedStep['env'] {
  return marks.length === 0 ? {} : env_source;
}

type FillingAt = (part: string) => Filling;

/** The step's own entries replace the plan's; one that is nothing but an absent value leaves it unset. */
function fillEnv(
  base: Plan['env'],
  own: PlannedStep['env'],
  fillingAt: FillingAt,
): Readonly<Record<string, Text>> {
  const env = new Map(Object.entries(base));
  for (const [name, source] of Object.entries(own)) {
    const text = fillOptional(source, fillingAt(`env \`${name}\``));
    if (text === null) {
      env.delete(name);
    } else {
      env.set(name, text);
    }
  }
  return Object.fromEntries(env);
}

function fillAction(action: StartedAction, fillingAt: FillingAt): Command['action'] {
  switch (action.kind) {
    case 'run':
      return { kind: 'run', shell: action.shell, script: action.script };
    case 'exec':
      return { kind: 'exec', argv: fillArgv(action.argv, fillingAt('`exec`')) };
    case 'http':
      return renderHttp(action, fillingAt);
  }
}

function fillArgv(sources: readonly string[], filling: Filling): readonly string[] {
  const separator = sources.indexOf('--');
  return sources.map((source, index) => {
    const argument = fillPlain(source, filling);
    const startsWithValue = typeof templateOf(source, filling.place)[0] === 'object';
    const mayBeOption = separator === -1 || index < separator;
    // A value must stay a value: `--output=/etc/passwd` would be an option of somebody's choosing.
    if (startsWithValue && mayBeOption && argument.startsWith('-')) {
      const hint = 'put `--` before it, or write it as `--name=${{ … }}`';
      throw invalidValue(
        filling.place,
        `the value \`${argument}\` would be read as an option`,
        hint,
      );
    }
    return argument;
  });
}
