import { parseDuration } from '../base/duration.ts';
import { UsageError } from '../base/errors.ts';
import { parseTime } from './at.ts';

/**
 * A time gone by, in milliseconds: `7d` ago, `2026-12-01` (where it began here), `2026-12-01 22:00`, or RFC
 * 3339. Throws UsageError `time_invalid`.
 */
export function parsePast(text: string, nowMs: number): number {
  if (/^(\d+(d|h|m|s|ms))+$/.test(text)) {
    return nowMs - parseDuration(text);
  }
  // No bare `22:00` or `+2h` here: those are times to come.
  if (!/^\d{4}-\d\d-\d\d/.test(text)) {
    throw invalid(text);
  }
  try {
    return parseTime(text.length === '2026-12-01'.length ? `${text} 00:00` : text, nowMs);
  } catch (error) {
    throw error instanceof UsageError ? invalid(text) : error;
  }
}

function invalid(text: string): UsageError {
  return new UsageError({
    code: 'time_invalid',
    message: `\`${text}\` is not a time gone by`,
    hint: 'write it as in `7d`, `2026-12-01`, `2026-12-01 22:00` or `2026-12-01T22:00:00+01:00`',
  });
}
