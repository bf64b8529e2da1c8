import { formatDuration } from '../base/duration.ts';
import { type Html, html } from '../base/html.ts';

/** RFC 3339 as people read it: `2026-11-22 11:58 UTC`. To the millisecond it stands in the markup. */
export function showTime(time: string): Html {
  const text = time.replace('T', ' ').replace(/:\d\d(?:\.\d+)?Z$/, ' UTC');
  return html`<time datetime="${time}">${text}</time>`;
}

/** `12m`, `1h`: the two largest units; null once it is past. */
export function timeLeft(until: string, nowMs: number): string | null {
  const leftMs = Date.parse(until) - nowMs;
  return leftMs < 1000 ? null : roughly(leftMs);
}

/** How long ago it was: `3m`, `2d4h`; `0s` for what is to come. */
export function timeSince(time: string, nowMs: number): string {
  return roughly(Math.max(0, nowMs - Date.parse(time)));
}

function roughly(ms: number): string {
  const unit = ms < 600_000 ? 1000 : ms < 86_400_000 ? 60_000 : 3_600_000;
  return formatDuration(Math.floor(ms / unit) * unit);
}
