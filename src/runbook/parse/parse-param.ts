import { patternProblem } from '../../base/regex.ts';
import type { Located } from '../../base/yaml-schema.ts';
import { readParam } from '../param-value.ts';
import type { Param, ParamValue } from '../runbook.ts';
import type { ParamFile } from '../schema.ts';
import type { Flaw, Reading } from './site.ts';

/** A declaration in its working form. What it says is checked against itself. */
export function parseParam(name: string, file: ParamFile, reading: Reading): Param {
  const param = workingForm(file.value);
  const pattern = patternFlaw(param);
  for (const flaw of [boundsFlaw(param), secretFlaw(param)].filter((it) => it !== null)) {
    reading.report(file.node, flaw);
  }
  if (pattern !== null) {
    reading.report(file.value.pattern?.node ?? file.node, pattern);
  }
  const sound = { ...param, pattern: pattern === null ? param.pattern : null };
  for (const it of file.value.enum ?? []) {
    checkValue(name, { ...sound, enum: null }, { it, reading });
  }
  if (file.value.default !== null) {
    checkValue(name, sound, { it: file.value.default, reading });
  }
  return param;
}

function workingForm(file: ParamFile['value']): Param {
  return {
    type: file.type,
    description: file.description,
    default: file.default?.value ?? null,
    enum: file.enum?.map((it) => it.value) ?? null,
    pattern: file.pattern?.value ?? null,
    min: file.min,
    max: file.max,
    required: file.required ?? file.default === null,
    secret: file.secret,
  };
}

function boundsFlaw({ type, min, max }: Param): Flaw | null {
  if (min === null && max === null) {
    return null;
  }
  if (type === 'string' || type === 'boolean') {
    return { message: '`min` and `max` are for an `integer` or a `number`' };
  }
  return min !== null && max !== null && min > max
    ? { message: `\`min\` ${min} is greater than \`max\` ${max}` }
    : null;
}

function secretFlaw(param: Param): Flaw | null {
  const plain = param.type === 'string' && param.default === null && param.enum === null;
  return param.secret && !plain
    ? {
        message: 'a secret is a `string` without `default` and `enum`',
        hint: 'a secret written in a file is none; it comes from a variable, a file of its own or a prompt',
      }
    : null;
}

function patternFlaw({ type, pattern }: Param): Flaw | null {
  if (pattern === null) {
    return null;
  }
  const message = type === 'string' ? patternProblem(pattern) : '`pattern` is for a `string`';
  return message === null ? null : { message };
}

function checkValue(
  name: string,
  param: Param,
  { it, reading }: { it: Located<ParamValue>; reading: Reading },
): void {
  // Only text from outside is converted; a file can say what it means.
  const quoted = typeof it.value === 'string' && param.type !== 'string';
  const read = quoted
    ? {
        message: `\`${name}\` is of type \`${param.type}\`, this is text`,
        hint: 'remove the quotes',
      }
    : readParam(name, param, it.value);
  if ('message' in read) {
    reading.report(it.node, read);
  }
}
