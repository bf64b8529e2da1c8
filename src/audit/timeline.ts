import type { Leaf } from '../journal/leaf.ts';
import type { Report } from './finding.ts';

/** How far a clock may step back before it counts, as everywhere. */
const toleranceMs = 2000;

interface Reading {
  readonly wallMs: number;
  readonly mono: number;
  readonly boot: string;
  readonly time: string;
}

/** Watches the clocks that entries carry: the wall's across boots, the monotonic one within a boot. */
export function openTimeline(report: Report): {
  readonly add: (leaf: Leaf) => void;
  readonly last: () => string | null;
} {
  let previous: Reading | null = null;
  return {
    add: ({ seq, time, mono, boot }) => {
      const now = { wallMs: Date.parse(time), mono, boot, time };
      const before = previous;
      previous = now;
      if (before === null) {
        return;
      }
      const complain = (message: string): void => {
        report({ verdict: 'time', code: 'E_TIME_BACKWARD', index: seq, message });
      };
      if (now.wallMs < before.wallMs - toleranceMs) {
        complain(
          `the clock went back ${before.wallMs - now.wallMs} ms, from ${before.time} to ${now.time}`,
        );
      } else if (now.boot === before.boot) {
        complainOfBoot(before, now, complain);
      }
    },
    last: () => previous?.time ?? null,
  };
}

/** Within one boot the monotonic clock tells how much time really passed: the wall's may not show less. */
function complainOfBoot(before: Reading, now: Reading, complain: (message: string) => void): void {
  const [passedMs, shownMs] = [(now.mono - before.mono) / 1000, now.wallMs - before.wallMs];
  if (passedMs < 0) {
    complain('the monotonic clock went back within one boot');
  } else if (passedMs - shownMs > toleranceMs) {
    const lostMs = Math.round(passedMs - shownMs);
    complain(`the clock was set back ${lostMs} ms between ${before.time} and ${now.time}`);
  }
}
