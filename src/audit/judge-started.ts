import { refusalFor } from '../approval/people/refusal.ts';
import type { Recorded, StepStarted } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { Docket, Replay } from './docket.ts';
import type { Flaw } from './finding.ts';
import { judgeGrant } from './judge-grant.ts';
import { judgeLent } from './judge-lent.ts';
import { judgeProbe } from './judge-probe.ts';
import { judgeUnasked } from './judge-unasked.ts';

/** A spawn, by what its entry says that it was permitted by. */
export function judgeStarted(
  { entry, data }: { readonly entry: Recorded; readonly data: StepStarted },
  by: { readonly docket: Docket; readonly replay: Replay },
): readonly Flaw[] {
  const { permit } = data;
  if (isRepeated(by.replay.state, data)) {
    return [['E_APPROVAL_REPLAY', 'this attempt had started before']];
  }
  switch (permit.kind) {
    case 'policy':
      return judgeUnasked({ entry, data, evaluation: permit.evaluation }, by);
    case 'grant':
      return [
        ...judgeStarters(by),
        ...(permit.lent_by === undefined
          ? judgeGrant({ entry, data, permit }, by)
          : judgeLent({ entry, data, permit }, by)),
      ];
    case 'check':
      return judgeProbe(by.replay, data, permit.of);
  }
}

/** Somebody stood behind it who could have been anybody, also whoever approved it. */
function judgeStarters({
  docket,
  replay,
}: {
  readonly docket: Docket;
  readonly replay: Replay;
}): readonly Flaw[] {
  const refusal = refusalFor(docket.rules.people, replay.state.initiator.chain);
  return refusal === null ? [] : [['E_START', refusal.message]];
}

function isRepeated(state: RunState, { step, attempt }: StepStarted): boolean {
  return state.steps.get(step)?.attempts.some((each) => each.attempt === attempt) ?? false;
}
