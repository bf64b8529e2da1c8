import { basename, resolve } from 'node:path';
import type { Policy } from '../policy/policy.ts';
import { stepLines } from '../runbook/parse/step-lines.ts';
import type { Engine } from './engine.ts';
import type { StartInput } from './service.ts';

/** By step: addresses of whoever wrote it; null where nobody can say. */
export type StepAuthors = Readonly<Record<string, readonly string[] | null>>;

/**
 * Who wrote each step of a runbook, where some rule wants to know it; null where none does. Asked of the
 * text that was read: whatever lies in the file a moment later has no say.
 */
export function authorsOfSteps(
  engine: Pick<Engine, 'authorsOf'>,
  policy: Policy,
  { file, dir, text }: StartInput['source'],
): StepAuthors | null {
  if (!policy.rules.some(({ require }) => require?.exclude.includes('step_author') === true)) {
    return null;
  }
  const lines = engine.authorsOf(resolve(dir, basename(file)), text);
  const steps = [...stepLines(text, file)];
  return Object.fromEntries(
    steps.map(([id, ranges]) => [
      id,
      lines === null
        ? null
        : [...new Set(ranges.flatMap(([from, to]) => lines.slice(from - 1, to).flat()))].sort(),
    ]),
  );
}
