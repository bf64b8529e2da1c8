import { formatTime } from '../base/clock.ts';
import { parseDuration } from '../base/duration.ts';
import { UsageError } from '../base/errors.ts';

/** A time to come, as RFC 3339. Throws UsageError `at_past`, and whatever `parseTime` throws. */
export function parseAt(text: string, nowMs: number): string {
  const ms = parseTime(text, nowMs);
  if (ms < nowMs) {
    throw new UsageError({
      code: 'at_past',
      message: `\`--at ${text}\` is ${formatTime(ms)}: that is over`,
      hint: 'leave it out to start now',
    });
  }
  return formatTime(ms);
}

/**
 * What `--at` means, in milliseconds: RFC 3339, `+2h`, `22:00` (the next one here), or `2026-12-01 22:00` in
 * this machine's time zone. Throws UsageError `at_invalid`, `duration_invalid`.
 */
export function parseTime(text: string, nowMs: number): number {
  const ms = text.startsWith('+')
    ? nowMs + parseDuration(text.slice(1))
    : (clockTime(text, nowMs) ?? localTime(text) ?? zonedTime(text));
  if (ms === null) {
    throw new UsageError({
      code: 'at_invalid',
      message: `\`${text}\` is not a time`,
      hint: 'write it as in `+2h`, `22:00`, `2026-12-01 22:00` or `2026-12-01T22:00:00+01:00`',
    });
  }
  return ms;
}

/** `22:00`: today, or tomorrow where that is over. */
function clockTime(text: string, nowMs: number): number | null {
  const [, hour, minute] = /^(\d\d?):(\d\d)$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined) {
    return null;
  }
  const now = new Date(nowMs);
  const [year, month, day] = [now.getFullYear(), now.getMonth(), now.getDate()] as const;
  const on = (date: number): number | null =>
    local({ year, month, day: date, hour: Number(hour), minute: Number(minute) });
  const today = on(day);
  return today !== null && today < nowMs ? on(day + 1) : today;
}

function localTime(text: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d?):(\d\d)$/.exec(text);
  if (match === null) {
    return null;
  }
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.map(Number);
  const ms = local({ year, month: month - 1, day, hour, minute });
  // The 31st of a month that has 30 days would be another day.
  return ms !== null && new Date(ms).getDate() === day ? ms : null;
}

function zonedTime(text: string): number | null {
  const isZoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isZoned ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}

/** Null where the clocks never show this: no such hour, or one that the change to summer time leaves out. */
function local(at: {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}): number | null {
  const date = new Date(at.year, at.month, at.day, at.hour, at.minute);
  return date.getHours() === at.hour && date.getMinutes() === at.minute ? date.getTime() : null;
}
