import { UsageError } from '../base/errors.ts';

/** Longer than any reason; with all else in its entry and in the request that quotes it there is room. */
const maxWords = 4000;

const codes = [
  ['reason', 'reason_too_long'],
  ['ticket', 'ticket_too_long'],
] as const;

/**
 * What somebody says goes into entries of a limited size: a run whose next entry does not fit could never
 * go on. Throws UsageError `reason_too_long`, `ticket_too_long`.
 */
export function refuseLong(said: {
  readonly reason: string | null;
  readonly ticket?: string | null;
}): void {
  for (const [name, code] of codes) {
    const { length } = said[name] ?? '';
    if (length > maxWords) {
      throw new UsageError({
        code,
        message: `the ${name} has ${length} characters, and at most ${maxWords} are recorded`,
        hint: 'say it shorter, and where the rest is',
      });
    }
  }
}
