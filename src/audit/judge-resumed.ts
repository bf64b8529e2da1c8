import { decidersOf } from '../run/deciders.ts';
import type { RunResumed } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { Docket } from './docket.ts';
import type { Flaw } from './finding.ts';
import { judgeInviter } from './judge-inviter.ts';

/** Whoever takes a run on stands behind it from then on: they have not decided in it, nor could they have. */
export function judgeResumed(
  { links }: RunResumed,
  state: RunState,
  docket: Docket | null,
): readonly Flaw[] {
  const deciders = decidersOf(state);
  const both = links.flatMap(({ person }) => person ?? []).filter((one) => deciders.includes(one));
  const approvals = [...state.requests.values()]
    .flatMap(({ decisions }) => decisions.map(({ data }) => data))
    .filter(({ decision }) => decision === 'approve');
  return [
    ...both.map(
      (person): Flaw => ['E_DECIDER_RESUMED', `${person} decided in this run and resumed it`],
    ),
    ...(docket === null ? [] : approvals.flatMap((data) => judgeInviter(data, links, docket))),
  ];
}
