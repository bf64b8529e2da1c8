import { reviewersOf } from '../../approval/court/judge-review.ts';
import type { RequestFile } from '../../approval/request-file.ts';
import { UsageError } from '../../base/errors.ts';
import { owedReview } from '../../run/owed-review.ts';
import { listsOf } from '../ask-lists.ts';
import { proofs, readBlobs } from '../decision/export-request.ts';
import type { Engine } from '../engine.ts';
import { findRequest } from '../find.ts';
import { loadRequest } from '../report/describe-request.ts';

/** What was started under a break-glass request, as a file that proves itself, for whoever may review it. */
export async function exportOwed(
  engine: Engine,
  request: string,
  seenSize: number | null,
): Promise<RequestFile> {
  const row = await findRequest(engine, request);
  const { state, record } = await loadRequest(engine, row.run, row.request);
  const found = owedReview(state, record);
  if (found === null) {
    throw new UsageError({
      code: 'nothing_to_review',
      message: `nothing was done under break-glass by request \`${row.request}\``,
      hint: '`runbook break-glass list --all` lists what was',
    });
  }
  const { owed, started } = found;
  const trusted = engine.trusted();
  const people = trusted.people.value;
  const lists = listsOf(engine, { people, policy: trusted.policy.value });
  const reviewers = reviewersOf({ people, initiator: state.initiator, owed, lists });
  const { command } = started.data;
  return {
    kind: 'runbook.started/v1',
    ...(await proofs(engine, started.seq, seenSize === null ? [] : [seenSize])),
    blobs: await readBlobs(engine, command === null ? [] : [command]),
    approvers: people.people
      .filter(({ name }) => reviewers.includes(name))
      .map(({ name, sshKeys }) => ({ person: name, keys: sshKeys, slots: ['review'] })),
  };
}
