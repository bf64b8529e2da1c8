import { reviewersOf } from '../../approval/court/judge-review.ts';
import type { RequestFile } from '../../approval/request-file.ts';
import { listsOf } from '../ask-lists.ts';
import { proofs, readBlobs } from '../decision/export-request.ts';
import type { Engine } from '../engine.ts';
import { findRequest } from '../find.ts';
import { loadRequest } from '../report/describe-request.ts';
import { requireOwed } from './require-owed.ts';

/** What was started under a break-glass request, as a file that proves itself, for whoever may review it. */
export async function exportOwed(
  engine: Engine,
  request: string,
  seenSize: number | null,
): Promise<RequestFile> {
  const row = await findRequest(engine, request);
  const { state, record } = await loadRequest(engine, row.run, row.request);
  const { owed, started } = requireOwed(state, record);
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
