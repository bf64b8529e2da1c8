import type { HoleLimits } from '../holes/hole.ts';
import { loosePatternFlaw, wholePatternProblem } from '../holes/limits.ts';
import type { PlannedOutput, PlannedStep } from '../plan.ts';
import type { OutputFile } from '../schema.ts';
import { type About, addExpression } from './parse-outcome.ts';
import { parseParam } from './parse-param.ts';
import type { Reading } from './site.ts';

type Declared = Exclude<OutputFile['value'], string>;

/** A step's `outputs`: an expression, or a map that says more of the value. */
export function parseOutputs(
  outputs: Readonly<Record<string, OutputFile>>,
  about: About,
): PlannedStep['outputs'] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => [name, parseOutput(name, output, about)]),
  );
}

function parseOutput(name: string, { value, node }: OutputFile, about: About): PlannedOutput {
  if (typeof value === 'string') {
    return { value: addExpression({ value, node }, 'output', about), secret: false };
  }
  if (value.value === null && about.kind === 'http') {
    const message = `the output \`${name}\` needs a \`value\``;
    about.reading.report(node, { message, hint: '`http` writes no `$RUNBOOK_OUTPUT`' });
  }
  const limits = parseLimits(name, { value, node }, about.reading);
  return {
    value: addExpression(value.value, 'output', about),
    secret: value.secret,
    ...(limits === null ? {} : { limits }),
  };
}

/** What the value may be, by the rules of parameters; null where nothing is said. */
function parseLimits(
  name: string,
  { value, node }: { readonly value: Declared; readonly node: OutputFile['node'] },
  reading: Reading,
): HoleLimits | null {
  const { type, min, max, pattern } = value;
  const limited = [value.enum, pattern, min, max].some((each) => each !== null);
  if (type === null) {
    if (limited) {
      const message = `the output \`${name}\` has limits, but no \`type\``;
      reading.report(node, { message, hint: 'add `type: string`, or what it is' });
    }
    return null;
  }
  if (value.secret) {
    const message = `the output \`${name}\` is secret: nobody could see what it may be`;
    reading.report(node, { message, hint: 'leave out `secret`, or `type` and its limits' });
  }
  const bare = { description: null, default: null, required: null, secret: false };
  const param = parseParam(name, { value: { ...value, ...bare, type }, node }, reading);
  const problem = pattern === null ? null : wholePatternProblem(pattern.value);
  if (problem !== null && param.pattern !== null) {
    reading.report(pattern?.node ?? node, { message: problem });
  }
  refuseLoose(value, node, reading);
  return { type, enum: param.enum, pattern: param.pattern, min, max };
}

/** A text that comes later is bounded by its pattern where no enum does it: one that takes anything is an error. */
export function refuseLoose(
  { pattern, enum: values }: Pick<Declared, 'pattern' | 'enum'>,
  node: OutputFile['node'],
  reading: Reading,
): void {
  const flaw = pattern === null || values !== null ? null : loosePatternFlaw(pattern.value);
  if (flaw !== null) {
    reading.report(pattern?.node ?? node, flaw);
  }
}
