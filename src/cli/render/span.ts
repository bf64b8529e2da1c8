/** A measured time for people: `0.1s`, `42s`, `1m 04s`, `2h 03m`, `3d 4h`. */
export function formatSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (ms < 9950) {
    return `${(ms / 1000).toFixed(1)}s`;
  }
  if (seconds < 60) {
    return `${seconds}s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return `${minutes}m ${twoDigits(seconds % 60)}s`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? `${hours}h ${twoDigits(minutes % 60)}m`
    : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/**
 * `12s ago`, `2d ago`, from `nowMs`, in the largest fitting unit; `in 30d`, `in 24m 59s` in two, rounded up:
 * what was just made to last thirty days has not lost one.
 */
export function formatDistance(time: string, nowMs: number): string {
  const ms = Date.parse(time) - nowMs;
  if (ms < 0) {
    const { unit, length } = unitOf(-ms);
    return `${Math.floor(-ms / length)}${unit} ago`;
  }
  const { below } = unitOf(ms);
  const rounded = Math.ceil(ms / below.length) * below.length;
  const { unit, length, below: rest } = unitOf(rounded);
  const more = Math.floor((rounded % length) / rest.length);
  return `in ${Math.floor(rounded / length)}${unit}${more === 0 ? '' : ` ${more}${rest.unit}`}`;
}

/** `2026-03-01 10:00:00Z`: to the second, and never a local time, so that logs of two hosts compare. */
export function formatInstant(time: string): string {
  return time.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

const second = { unit: 's', length: 1000 };
const minute = { unit: 'm', length: 60_000 };
const hour = { unit: 'h', length: 3_600_000 };
const day = { unit: 'd', length: 86_400_000 };

/** The largest unit that fits, and the next below it. */
function unitOf(ms: number) {
  const units = [
    { ...day, below: hour },
    { ...hour, below: minute },
    { ...minute, below: second },
  ];
  return units.find(({ length }) => ms >= length) ?? { ...second, below: second };
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
