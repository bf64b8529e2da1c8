import { chainPeople } from '../../approval/people/initiator.ts';
import { formatDuration } from '../../base/duration.ts';
import { DeniedError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import { decidersOf } from '../../run/deciders.ts';
import { recordedOf } from '../../run/recorded.ts';
import { foldRun } from '../../run/state.ts';
import type { Engine } from '../engine.ts';
import type { Remover } from './remover.ts';

/**
 * Whoever stands behind a run, or decided in it, takes nothing out of it before others had time to look:
 * content that is gone can no longer be held against what was approved. Throws DeniedError `own_run`.
 */
export async function refuseOwn(
  { store, clock }: Engine,
  run: RunId,
  { remover, keepMs }: { readonly remover: Remover; readonly keepMs: number },
): Promise<void> {
  const entries = (await store.loadRun(run)).map(recordedOf);
  const last = Date.parse(entries.at(-1)?.time ?? '');
  if (clock.now().wallMs - last >= keepMs) {
    return;
  }
  const state = foldRun(entries);
  const decided = [...state.requests.values()].flatMap(({ decisions }) =>
    decisions.map(({ data }) => data.person),
  );
  const involved = [...chainPeople(state.initiator), ...decided, ...decidersOf(state)];
  const own = remover.people.find((person) => involved.includes(person));
  if (own !== undefined) {
    throw new DeniedError({
      code: 'own_run',
      message: `\`${own}\` started run \`${run}\` or decided in it, and it ended less than \`${formatDuration(keepMs)}\` ago`,
      hint: 'somebody else erases it, or you do later: `retention: { keep: … }` in `config.yaml` says when',
    });
  }
}
