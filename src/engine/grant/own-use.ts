import { IntegrityError } from '../../base/errors.ts';
import { startsUnder, wasRevoked } from '../../run/dealings.ts';
import type { RequestRecord } from '../../run/state.ts';
import { usesOf } from '../../run/together.ts';
import type { CommitInput } from '../../store/store.ts';
import { proveRun } from '../proof/prove-run.ts';
import type { Session } from '../session.ts';

/** What a claim in the asking run is, among the uses of all runs. */
export interface OwnUse {
  readonly use: number;
  /** Why there is none left to claim; null where there is. */
  readonly over: string | null;
  readonly guards: NonNullable<CommitInput['guards']>;
}

/** Uses that others make meanwhile move the count; then it is looked at again, this often. */
const looks = 3;

/**
 * The next use of a run's own request: of an ordinary one its own starts count, of one that holds for other
 * runs theirs, too, under the signed head. Throws IntegrityError `grant_unproven` where the index counts
 * otherwise: no commit could ever satisfy both.
 */
export async function ownUse(
  { engine, run, state }: Session,
  request: RequestRecord,
  step: string,
): Promise<OwnUse> {
  const { content } = request;
  const { reuse } = content.grant;
  if (reuse === undefined) {
    return { use: usesOf(state, request, step).made + 1, over: null, guards: {} };
  }
  for (let look = 0; look < looks; look += 1) {
    const { dealings } = await proveRun(engine, run, content.id);
    const row = await engine.store.findReusable(content.id);
    const uses = startsUnder(dealings);
    if (row?.uses === uses) {
      const use = uses + 1;
      const revoked = wasRevoked(dealings) || row.revoked !== null;
      const over = whyOver(use, { max: reuse.max_uses, revoked });
      return { use, over, guards: { reuse: { request: content.id, use } } };
    }
  }
  throw new IntegrityError({
    code: 'grant_unproven',
    message: `the index counts other uses of request \`${content.id}\` than stand under the signed head`,
    hint: 'run `runbook journal rebuild`, then `runbook audit verify`',
  });
}

function whyOver(
  use: number,
  { max, revoked }: { readonly max: number; readonly revoked: boolean },
): string | null {
  if (revoked) {
    return 'the grant: it was revoked';
  }
  return use > max ? `the grant: all ${max} uses are spent` : null;
}
