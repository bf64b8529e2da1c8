import { RE2JS } from '@bufbuild/re2';

/**
 * True where RE2 finds `pattern` anywhere in `text`; anchor it with `^…$`. RE2 takes time linear in the
 * text, whatever the pattern: JavaScript's engine can be made to hang by ten characters. Throws an Error
 * in RE2's words for a bad pattern.
 */
export function like(text: string, pattern: string): boolean {
  return new RE2JS(pattern).test(text);
}

/** What is wrong with a pattern, or null. */
export function patternProblem(pattern: string): string | null {
  try {
    like('', pattern);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
