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

/** `in 24m`, `12s ago`, from `nowMs`, in the largest fitting unit. */
export function formatDistance(time: string, nowMs: number): string {
  const ms = Date.parse(time) - nowMs;
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  const [unit, length] = units.find(([, length]) => Math.abs(ms) >= length) ?? ['s', 1000];
  const count = Math.floor(Math.abs(ms) / length);
  return ms >= 0 ? `in ${count}${unit}` : `${count}${unit} ago`;
}

/** `2026-03-01 10:00:00Z`: to the second, and never a local time, so that logs of two hosts compare. */
export function formatInstant(time: string): string {
  return time.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

function twoDigits(count: number): string {
  return String(count).padStart(2, '0');
}
