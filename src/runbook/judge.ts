import { evaluateExpression, parseExpression } from '../base/expression.ts';
import { referencesIn } from '../base/expression-tree.ts';
import { ExpressionError, Mark, type Scope, Secret } from '../base/expression-value.ts';
import type { Json } from '../base/json.ts';
import { readWithin } from './holes/limits.ts';
import { readOutputFile } from './output-file.ts';
import type { Expectation, PlannedStep } from './plan.ts';

/** What an attempt left behind, as expressions see it. Null where there is none, or more than is kept. */
export interface StepResult {
  readonly stdout: string | null;
  readonly exitCode: number | null;
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
  } | null;
  /** What else `that` and outputs may name: `expressionScope(plan, renderScope)`. */
  readonly scope: Scope;
}

export type Judgement =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly failure: 'exit' | 'status' | 'expect';
      /** In words, for people. */
      readonly reason: string;
    };

/** Whether a result is what the step, or its check, expects. An expression that fails is a no. */
export function judgeResult(expect: Expectation, result: StepResult): Judgement {
  const { response, exitCode } = result;
  if (response === null) {
    if (exitCode === null || !expect.exit.includes(exitCode)) {
      const code = exitCode === null ? 'no exit code' : `exit code ${exitCode}`;
      return {
        ok: false,
        failure: 'exit',
        reason: `${code}, expected ${expect.exit.join(' or ')}`,
      };
    }
  } else if (
    !expect.status.some(({ from, to }) => response.status >= from && response.status <= to)
  ) {
    const wanted = expect.status.map(({ from, to }) => (from === to ? from : `${from}-${to}`));
    const reason = `status ${response.status}, expected ${wanted.join(' or ')}`;
    return { ok: false, failure: 'status', reason };
  }
  return expect.that === null ? { ok: true } : judgeThat(expect.that, result);
}

export type ReadOutputs =
  | {
      readonly ok: true;
      readonly outputs: Readonly<Record<string, Json>>;
      readonly secretOutputs: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly reason: string };

/**
 * The outputs of a step that succeeded: what its `outputs` say, and what it wrote to `$RUNBOOK_OUTPUT`
 * (`outputFile`, raw). What `outputs` says wins, and is held against its limits: others were approved on
 * its word. A step with a secret output keeps only declared ones.
 */
export function readOutputs(
  step: PlannedStep,
  result: StepResult,
  outputFile: string,
): ReadOutputs {
  const written = readOutputFile(outputFile);
  if ('reason' in written) {
    return { ok: false, reason: written.reason };
  }
  const declared = Object.entries(step.outputs);
  const hasSecret = declared.some(([, { secret }]) => secret);
  const outputs = new Map(hasSecret ? [] : Object.entries(written.values));
  const secretOutputs = new Map<string, string>();
  for (const [name, { value, secret, limits }] of declared) {
    const given = value === null ? fromFile(name, written.values) : evaluateIn(value, result);
    if ('reason' in given) {
      return { ok: false, reason: `output \`${name}\`: ${given.reason}` };
    }
    const read = limits === undefined ? given : readWithin(name, limits, given.value);
    if ('message' in read) {
      return { ok: false, reason: `output ${read.message}` };
    }
    if (!secret) {
      outputs.set(name, read.value);
    } else if (typeof read.value === 'string') {
      secretOutputs.set(name, read.value);
    } else {
      return { ok: false, reason: `output \`${name}\`: a secret must be text` };
    }
  }
  return {
    ok: true,
    outputs: Object.fromEntries(outputs),
    secretOutputs: Object.fromEntries(secretOutputs),
  };
}

type Read = { readonly value: Json } | { readonly reason: string };

function fromFile(name: string, values: Readonly<Record<string, Json>>): Read {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  return value === undefined ? { reason: 'it was not written to $RUNBOOK_OUTPUT' } : { value };
}

function judgeThat(that: string, result: StepResult): Judgement {
  const read = evaluateIn(that, result);
  if ('reason' in read) {
    return { ok: false, failure: 'expect', reason: `\`${that}\`: ${read.reason}` };
  }
  return read.value === true
    ? { ok: true }
    : { ok: false, failure: 'expect', reason: `\`${that}\` is ${JSON.stringify(read.value)}` };
}

function evaluateIn(expression: string, result: StepResult): Read {
  const own = ownResults(expression, result);
  if ('reason' in own) {
    return own;
  }
  try {
    const value = evaluateExpression(expression, { ...result.scope, ...own.scope });
    return value instanceof Secret || value instanceof Mark
      ? { reason: `\`${value.name}\` is a secret` }
      : { value };
  } catch (error) {
    if (error instanceof ExpressionError) {
      return { reason: error.message };
    }
    throw error;
  }
}

/** The step's own results. JSON is read only where the expression asks for it. */
function ownResults(
  expression: string,
  { stdout, exitCode, response }: StepResult,
): { readonly scope: Scope } | { readonly reason: string } {
  const text = response === null ? stdout : response.body;
  const where = response === null ? 'stdout' : 'the body';
  const names = namesIn(expression);
  if (text === null && (names.has('stdout') || names.has('response.body') || names.has('json'))) {
    return { reason: `${where} is too large to look at` };
  }
  const json = names.has('json') ? parseJson(text ?? '') : { value: null };
  if ('reason' in json) {
    return { reason: `${where} is not JSON: ${json.reason}` };
  }
  const scope: Scope =
    response === null
      ? { stdout: (text ?? '').replace(/\r?\n$/, ''), exit_code: exitCode, json: json.value }
      : { response: { ...response, json: json.value } };
  return { scope };
}

/** `json` stands for both forms of it. An expression that does not parse names nothing. */
function namesIn(expression: string): ReadonlySet<string> {
  try {
    const paths = referencesIn(parseExpression(expression)).map(({ path }) => path);
    return new Set(
      paths.map(([root = '', field]) => {
        const name = root === 'response' ? `response.${field ?? 'json'}` : root;
        return name === 'response.json' ? 'json' : name;
      }),
    );
  } catch (error) {
    if (error instanceof ExpressionError) {
      return new Set();
    }
    throw error;
  }
}

function parseJson(text: string): Read {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
