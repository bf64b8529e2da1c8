import type { Calendar, Window } from './policy.ts';

/**
 * Whether one of a calendar's windows is open. Windows are times as the clock on the wall of the zone
 * shows them: where it is set forward, what lies in the missing hour does not happen; where it is set
 * back, the hour that comes twice counts both times. Throws RangeError for a zone that is not known.
 */
export function isOpen(calendar: Calendar, nowMs: number): boolean {
  const local = localTime(calendar.timezone, nowMs);
  return calendar.windows.some((window) => isWithin(window, local));
}

/** True where `Intl` knows the zone by this name. */
export function isTimezone(name: string): boolean {
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Days as calendars write them, in the order of `Window.days`. */
export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

interface LocalTime {
  /** 0 is Sunday. */
  readonly day: number;
  readonly minutes: number;
  /** `2026-12-20T00:00`: such texts are in the order of time. */
  readonly text: string;
}

function isWithin(window: Window, { day, minutes, text }: LocalTime): boolean {
  if (window.kind === 'span') {
    return text >= window.from && text < window.to;
  }
  const { days, from, to } = window;
  if (to > from) {
    return days.includes(day) && minutes >= from && minutes < to;
  }
  // Over midnight: the evening belongs to its own day, the night after it to the day before.
  return (days.includes(day) && minutes >= from) || (days.includes((day + 6) % 7) && minutes < to);
}

/** The calendars of a policy mostly share a zone, and are all asked about one moment. */
let last: { readonly timezone: string; readonly nowMs: number; readonly local: LocalTime } | null =
  null;

function localTime(timezone: string, nowMs: number): LocalTime {
  if (last?.timezone !== timezone || last.nowMs !== nowMs) {
    last = { timezone, nowMs, local: formatLocal(timezone, nowMs) };
  }
  return last.local;
}

function formatLocal(timezone: string, nowMs: number): LocalTime {
  const parts = formatterOf(timezone).format(nowMs);
  const [, weekday = '', month = '', date = '', year = '', hour = '', minute = ''] =
    /^(\w{3}), (\d\d)\/(\d\d)\/(\d+), (\d\d):(\d\d)$/.exec(parts) ?? [];
  return {
    day: weekdays.findIndex((name) => name === weekday.toLowerCase()),
    minutes: Number(hour) * 60 + Number(minute),
    text: `${year.padStart(4, '0')}-${month}-${date}T${hour}:${minute}`,
  };
}

/** Making a formatter takes a thousand times as long as using it, and there are only so many zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timezone: string): Intl.DateTimeFormat {
  const known = formatters.get(timezone);
  if (known !== undefined) {
    return known;
  }
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  formatters.set(timezone, made);
  return made;
}
