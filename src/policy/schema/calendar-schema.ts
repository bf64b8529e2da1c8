import { closest } from '../../base/suggest.ts';
import { valueOf, type YamlNode } from '../../base/yaml.ts';
import { list, object } from '../../base/yaml-collections.ts';
import { oneOf, text } from '../../base/yaml-scalars.ts';
import {
  type Checked,
  type Invalid,
  invalid,
  optional,
  type Place,
  refine,
  suggestion,
} from '../../base/yaml-schema.ts';
import { isTimezone, weekdays } from '../calendar.ts';
import type { Calendar, Window } from '../policy.ts';

const timezone = refine(text({ example: 'Europe/Madrid' }), (name, node, place) => {
  if (isTimezone(name)) {
    return name;
  }
  const near = suggestion(closest(name, Intl.supportedValuesOf('timeZone')));
  place.report(node.at, `\`${name}\` is no time zone`, near ?? 'write its IANA name');
  return invalid;
});

const hours = refine(text({ example: '08:00-18:00' }), (written, node, place) => {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(written) ?? [];
  const [start, end] = [minutesOf(from), minutesOf(to)];
  if (start !== null && end !== null && start < wholeDay) {
    return { from: start, to: end };
  }
  place.report(node.at, `\`${written}\` is no time of day: write it as in \`08:00-18:00\``);
  return invalid;
});

const wholeDay = 24 * 60;

function minutesOf(time = ''): number | null {
  const [hour = Number.NaN, minute = Number.NaN] = time.split(':').map(Number);
  const minutes = hour * 60 + minute;
  return minute < 60 && minutes <= wholeDay ? minutes : null;
}

const localTime = refine(text({ example: '2026-12-20T00:00' }), (written, node, place) => {
  // What JavaScript reads and writes back unchanged is a date that there is.
  const readMs = Date.parse(`${written}:00.000Z`);
  if (/^\d{4}-/.test(written) && !Number.isNaN(readMs) && isoMinute(readMs) === written) {
    return written;
  }
  const hint = 'write it as in `2026-12-20T00:00`';
  place.report(node.at, `\`${written}\` is no local time that exists`, hint);
  return invalid;
});

function isoMinute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length);
}

const windowKeys = {
  days: optional(list(oneOf(...weekdays), { min: 1 })),
  hours: optional(hours),
  from: optional(localTime),
  to: optional(localTime),
};

const windowFile = object(windowKeys);

/** A time that comes back every week, or a span that comes once. */
const window = refine(windowFile, readWindow);

function readWindow(
  written: Checked<typeof windowFile>,
  node: YamlNode,
  place: Place,
): Window | Invalid {
  const has = (key: string) => valueOf(node, key) !== null;
  const isWeekly = has('days') || has('hours');
  const isSpan = has('from') || has('to');
  if (isWeekly === isSpan) {
    const message = `\`${place.name}\` must say \`days\` and \`hours\`, or \`from\` and \`to\``;
    place.report(node.at, message);
    return invalid;
  }
  return isWeekly ? readWeekly(written) : readSpan(written, node, place);
}

function readWeekly({ days, hours: times }: Checked<typeof windowFile>): Window {
  const numbers = (days ?? weekdays).map((day) => weekdays.indexOf(day));
  return { kind: 'weekly', days: [...new Set(numbers)], ...(times ?? { from: 0, to: wholeDay }) };
}

function readSpan(
  { from, to }: Checked<typeof windowFile>,
  node: YamlNode,
  place: Place,
): Window | Invalid {
  if (from !== null && to !== null && from < to) {
    return { kind: 'span', from, to };
  }
  // A time that is wrong was reported already, and stands here as none.
  const isReported = [from, to].filter((it) => it !== null).length < spanKeysIn(node).length;
  if (!isReported) {
    place.report(node.at, `\`${place.name}\` must say \`from\`, and \`to\` after it`);
  }
  return invalid;
}

function spanKeysIn(node: YamlNode): readonly string[] {
  return ['from', 'to'].filter((key) => valueOf(node, key) !== null);
}

/** One window written plainly, or a list of them under `windows`. */
export const calendarFile = refine(
  object({ timezone, ...windowKeys, windows: optional(list(window, { min: 1 })) }),
  ({ timezone: zone, windows, ...single }, node, place): Calendar | Invalid => {
    const plain = Object.keys(windowKeys).some((key) => valueOf(node, key) !== null);
    if (windows !== null) {
      if (plain) {
        place.report(node.at, `\`${place.name}\` has \`windows\`: write every window there`);
      }
      return { timezone: zone, windows };
    }
    const only = readWindow(single, node, place);
    return only === invalid ? invalid : { timezone: zone, windows: [only] };
  },
);
