import { InvalidFileError } from '../../src/base/problem.ts';
import { parsePolicy } from '../../src/policy/schema/schema.ts';

/** What is wrong with a policy, as `LINE:COLUMN message | hint`. */
export function problemsOf(text: string): readonly string[] {
  try {
    parsePolicy(text, 'policy.yaml');
    return [];
  } catch (error) {
    if (error instanceof InvalidFileError && error.code === 'policy_invalid') {
      return error.problems.map(({ line, column, message, hint }) =>
        [`${line}:${column} ${message}`, hint].filter((it) => it !== undefined).join(' | '),
      );
    }
    throw error;
  }
}
