import { formatTime } from '../../base/clock.ts';
import { waitsUntil } from '../../run/manual.ts';
import { startsAt } from '../../run/next.ts';
import { standingOf } from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import { allSteps, type Plan } from '../../runbook/plan.ts';
import type { ManualReport, RunReport } from '../reports.ts';

/** What a run waits for beside approvals: a person who does a step, or its time. */
export function reportWait(
  state: RunState,
  plan: Plan,
  nowMs: number,
): Pick<RunReport, 'manual' | 'starts_at'> {
  if (state.finished !== null || state.cancel !== null) {
    return {};
  }
  const startMs = startsAt(state, nowMs);
  const manual = manualOf(state, plan);
  return {
    ...(manual === null ? {} : { manual }),
    ...(startMs === null ? {} : { starts_at: formatTime(startMs) }),
  };
}

function manualOf(state: RunState, plan: Plan): ManualReport | null {
  for (const step of allSteps(plan)) {
    const standing = standingOf(state, step);
    if (standing.kind === 'asked' && step.action.kind === 'manual') {
      const { ask, wait_ms } = step.action;
      const untilMs = waitsUntil(standing.attempt, wait_ms);
      const text = standing.attempt.asked?.data.text ?? '';
      return { step: step.id, text, ask, until: untilMs === null ? null : formatTime(untilMs) };
    }
  }
  return null;
}
