import { parseDuration } from './duration.ts';
import { RunbookError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { closest } from './suggest.ts';
import type { YamlScalar } from './yaml.ts';
import { type Invalid, mismatch, type Schema, suggestion } from './yaml-schema.ts';

/** A string. An unquoted number or `true` is an error that says to quote it. */
export function text(rules: { pattern?: RegExp; example?: string } = {}): Schema<string> {
  const { pattern, example } = rules;
  const expected = example === undefined ? 'text' : `text such as \`${example}\``;
  const json = { type: 'string', ...(pattern === undefined ? {} : { pattern: pattern.source }) };
  return scalar({ expected, json }, ({ value, source }) => {
    if (typeof value === 'string') {
      return pattern === undefined || pattern.test(value) ? { value } : {};
    }
    return value === null ? {} : { hint: `write it in quotes: "${source}"` };
  });
}

/** A whole number; bounds are inclusive. */
export function integer(bounds: { min?: number; max?: number } = {}): Schema<number> {
  const { min, max } = bounds;
  const words = [
    'a whole number',
    ...(min === undefined ? [] : [`from ${min}`]),
    ...(max === undefined ? [] : [`up to ${max}`]),
  ];
  const json = {
    type: 'integer',
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  };
  return scalar({ expected: words.join(' '), json }, ({ value }) =>
    typeof value === 'number' &&
    Number.isSafeInteger(value) &&
    value >= (min ?? value) &&
    value <= (max ?? value)
      ? { value }
      : {},
  );
}

/** Any number; bounds are inclusive. */
export function number(bounds: { min?: number } = {}): Schema<number> {
  const { min } = bounds;
  const expected = min === undefined ? 'a number' : `a number from ${min}`;
  const json = { type: 'number', ...(min === undefined ? {} : { minimum: min }) };
  return scalar({ expected, json }, ({ value }) =>
    typeof value === 'number' && value >= (min ?? value) ? { value } : {},
  );
}

/** `true` or `false`. */
export function boolean(): Schema<boolean> {
  const expected = '`true` or `false`';
  return scalar({ expected, json: { type: 'boolean' } }, ({ value }) =>
    typeof value === 'boolean' ? { value } : {},
  );
}

/** Text, a number, `true` or `false`. */
export function plainScalar(): Schema<string | number | boolean> {
  const expected = 'text, a number, `true` or `false`';
  return scalar({ expected, json: { type: ['string', 'number', 'boolean'] } }, ({ value }) =>
    value === null ? {} : { value },
  );
}

/** One of these words, with a suggestion for a near miss. */
export function oneOf<const W extends string>(...words: readonly W[]): Schema<W> {
  const expected = words.map((word) => `\`${word}\``).join(' or ');
  return scalar({ expected, json: { enum: words } }, (node) => {
    const value = words.find((word) => node.value === word);
    return value === undefined
      ? { hint: suggestion(closest(String(node.value), words)) }
      : { value };
  });
}

/** Milliseconds, written with a unit: `30s`, `5m`, `1h30m`. A bare number is an error. */
export function duration(): Schema<number> {
  const expected = 'a duration such as `30s` or `5m`';
  return scalar({ expected, json: { type: 'string' } }, ({ value, source }) => {
    if (typeof value === 'number') {
      return { hint: `add the unit: \`${source}s\` or \`${source}m\`` };
    }
    return typeof value === 'string' ? readDuration(value) : {};
  });
}

function readDuration(value: string): Read<number> {
  try {
    return { value: parseDuration(value) };
  } catch (error) {
    if (error instanceof RunbookError) {
      return { hint: error.hint };
    }
    throw error;
  }
}

interface Read<T> {
  readonly value?: T;
  readonly hint?: string | undefined;
}

/** `read` returns the value, or what might help. */
function scalar<T>(
  { expected, json }: { expected: string; json: JsonObject },
  read: (node: YamlScalar) => Read<T>,
): Schema<T> {
  return {
    expected,
    json,
    read(node, place): T | Invalid {
      if (node.kind !== 'scalar') {
        return mismatch(node, place, { expected });
      }
      const { value, hint } = read(node);
      return value === undefined ? mismatch(node, place, { expected, hint }) : value;
    },
  };
}
