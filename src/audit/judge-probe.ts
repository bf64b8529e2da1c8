import type { Sha256 } from '../base/ids.ts';
import type { StepStarted } from '../run/events.ts';
import { stepOfProbe } from '../run/state.ts';
import { plannedStep, type Replay } from './docket.ts';
import type { Flaw } from './finding.ts';

/**
 * A probe was bound in a step that had started: it may run, it grants nothing. Of an approved step it is
 * exactly the one that was approved; of another, whose command is not kept, the plan must have one.
 */
export function judgeProbe(replay: Replay, data: StepStarted, of: Sha256): readonly Flaw[] {
  const probed = probedBy(replay, data, of);
  if (probed === null) {
    return [
      ['E_UNAPPROVED_EXECUTION', 'it ran as the probe of a step that has none, or never started'],
    ];
  }
  if (probed.permit.kind === 'policy' || replay.checks.get(of) === data.digest) {
    return [];
  }
  const message = 'it ran as a probe, and is not the one that was approved';
  return replay.templates.has(of) || probed.command === null
    ? [['E_COMMAND_CHANGED', message]]
    : [['E_COMMAND_CHANGED', message, probed.command]];
}

/** The start that was probed. Whether its step has a probe at all, only a plan that is there says. */
function probedBy(replay: Replay, { step }: StepStarted, of: Sha256): StepStarted | null {
  const id = stepOfProbe(step);
  const hasNone = replay.plan !== null && (plannedStep(replay, id)?.check ?? null) === null;
  const attempts = hasNone || id === null ? [] : (replay.state.steps.get(id)?.attempts ?? []);
  return attempts.find(({ started }) => started?.data.digest === of)?.started?.data ?? null;
}
