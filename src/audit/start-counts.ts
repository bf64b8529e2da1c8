import type { StepStarted } from '../run/events.ts';
import type { Replay } from './docket.ts';

/** Starts that an audit has come by. */
export interface StartCounts {
  readonly all: number;
  readonly granted: number;
  /** Of these, those under an approval of another run. */
  readonly lent: number;
  /** Of all, those whose plan is gone: they are judged by what else the log says of them. */
  readonly unplanned: { readonly privileged: number; readonly others: number };
}

export const noStarts: StartCounts = {
  all: 0,
  granted: 0,
  lent: 0,
  unplanned: { privileged: 0, others: 0 },
};

/** Where nobody was asked, its step was not privileged: anything else is a finding. */
export function countStart(
  { all, granted, lent, unplanned }: StartCounts,
  { permit }: StepStarted,
  { plan }: Replay,
): StartCounts {
  const isGranted = permit.kind === 'grant';
  const gone = plan === null ? 1 : 0;
  const { privileged, others } = unplanned;
  return {
    all: all + 1,
    granted: granted + (isGranted ? 1 : 0),
    lent: lent + (isGranted && permit.lent_by !== undefined ? 1 : 0),
    unplanned:
      permit.kind === 'policy'
        ? { privileged, others: others + gone }
        : { privileged: privileged + gone, others },
  };
}
