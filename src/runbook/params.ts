import { UsageError } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { closest } from '../base/suggest.ts';
import { readParam } from './param-value.ts';
import type { ParamValue, Runbook } from './runbook.ts';

/**
 * Every declared parameter with its value: the one given, else the default, else null where it is
 * optional. Text is converted to the declared type. Throws UsageError `params_invalid` (exit 2) that
 * lists everything wrong at once: unknown names, missing ones, wrong types and values.
 */
export function resolveParams(
  runbook: Pick<Runbook, 'name' | 'params'>,
  given: Readonly<Record<string, Json>>,
): Readonly<Record<string, ParamValue | null>> {
  const { values, problems } = readParams(runbook.params, given, 'parameter');
  if (problems.length > 0) {
    throw new UsageError({
      code: 'params_invalid',
      message: `${runbook.name}: ${problems.join('; ')}`,
      hint: `\`runbook show ${runbook.name}\` lists its parameters`,
    });
  }
  return values;
}

/** What was asked for, each with its value, and everything wrong with what was given. */
export function readParams(
  params: Runbook['params'],
  given: Readonly<Record<string, Json>>,
  what: 'parameter' | 'output',
): {
  readonly values: Readonly<Record<string, ParamValue | null>>;
  readonly problems: readonly string[];
} {
  const problems = [...unknownNames(params, given, what)];
  const values: [string, ParamValue | null][] = [];
  for (const [name, param] of Object.entries(params)) {
    const value = Object.hasOwn(given, name) ? (given[name] ?? null) : null;
    if (value === null) {
      problems.push(...(param.required ? [`\`${name}\` is missing`] : []));
      values.push([name, param.default]);
      continue;
    }
    const read = readParam(name, param, value);
    if ('value' in read) {
      values.push([name, read.value]);
    } else {
      problems.push(read.hint === undefined ? read.message : `${read.message} (${read.hint})`);
    }
  }
  return { values: Object.fromEntries(values), problems };
}

/** Names of the required parameters that nobody gave, in the file's order. */
export function missingParams(
  { params }: Pick<Runbook, 'params'>,
  given: Readonly<Record<string, Json>>,
): readonly string[] {
  return Object.entries(params)
    .filter(([name, { required }]) => required && (given[name] ?? null) === null)
    .map(([name]) => name);
}

function unknownNames(
  params: Runbook['params'],
  given: Readonly<Record<string, Json>>,
  what: string,
): readonly string[] {
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(params, name))
    .map((name) => {
      const near = closest(name, Object.keys(params));
      return `unknown ${what} \`${name}\`${near === null ? '' : ` (did you mean \`${near}\`?)`}`;
    });
}
