import type { Sha256 } from '../base/ids.ts';
import type { StepStarted } from '../run/events.ts';
import { stepOfProbe } from '../run/state.ts';
import { plannedStep, type Replay } from './docket.ts';
import type { FindingCode } from './finding.ts';

/**
 * A probe was bound in a step that had started: it may run, it grants nothing. Of an approved step it is
 * exactly the one that was approved; of another, whose command is not kept, the plan must have one.
 */
export function judgeProbe(
  replay: Replay,
  data: StepStarted,
  of: Sha256,
): readonly (readonly [FindingCode, string])[] {
  const step = plannedStep(replay, stepOfProbe(data.step));
  const attempts = step === null ? [] : (replay.state.steps.get(step.id)?.attempts ?? []);
  const probed = attempts.find(({ started }) => started?.data.digest === of);
  if (step?.check === null || probed === undefined) {
    return [
      ['E_UNAPPROVED_EXECUTION', 'it ran as the probe of a step that has none, or never started'],
    ];
  }
  const isUnasked = probed.started?.data.permit.kind === 'policy';
  return isUnasked || replay.checks.get(of) === data.digest
    ? []
    : [['E_COMMAND_CHANGED', 'it ran as a probe, and is not the one that was approved']];
}
