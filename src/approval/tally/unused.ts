/** Time in which a step was running; `toMs` null: it still is. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number | null;
}

/**
 * Until when an approval holds that may lie unused for `unusedMs` from `sinceMs` on. While a step runs it
 * does not lie unused; a step that began too late brings nothing back.
 */
export function holdsWhileRunning(
  limit: { readonly sinceMs: number; readonly unusedMs: number; readonly nowMs: number },
  running: readonly Stretch[],
): number {
  let untilMs = limit.sinceMs + limit.unusedMs;
  let countedMs = limit.sinceMs;
  for (const { fromMs, toMs } of [...running].sort((one, other) => one.fromMs - other.fromMs)) {
    if (fromMs >= untilMs) {
      break;
    }
    const endMs = toMs ?? limit.nowMs;
    untilMs += Math.max(0, endMs - Math.max(fromMs, countedMs));
    countedMs = Math.max(countedMs, endMs);
  }
  return untilMs;
}
