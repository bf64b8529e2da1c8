import { UsageError } from './errors.ts';

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

const form = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

/**
 * Milliseconds of `30s`, `5m`, `1h30m`, `250ms`, `2d`: whole numbers, largest unit first. Throws
 * UsageError `duration_invalid`, also for a bare number: nobody agrees on its unit.
 */
export function parseDuration(text: string): number {
  const counts = form.exec(text);
  const ms = units.reduce((sum, [, length], at) => sum + Number(counts?.[at + 1] ?? 0) * length, 0);
  if (text === '' || counts === null || !Number.isSafeInteger(ms)) {
    throw new UsageError({
      code: 'duration_invalid',
      message: `\`${text}\` is not a duration`,
      hint: /^\d+$/.test(text)
        ? `add a unit, as in \`${text}s\` or \`${text}m\``
        : 'write it as in `30s`, `5m`, `1h30m`, `250ms` or `2d`',
    });
  }
  return ms;
}

/** The shortest text that `parseDuration` reads back: `1h30m`, `250ms`, `0s`. `ms` is whole and not negative. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = '';
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length);
    text += count > 0 ? `${count}${unit}` : '';
    rest -= count * length;
  }
  return text || '0s';
}
