import type { Initiator } from '../../approval/people/people.ts';
import type { RequestFile } from '../../approval/request-file.ts';
import { eligibleFor, ever } from '../../approval/tally/eligible.ts';
import type { BlobId } from '../../base/ids.ts';
import { type KeyHistory, keyAt } from '../../journal/key-history.ts';
import { formatVerifierKey } from '../../journal/verifier-key.ts';
import type { Slot } from '../../policy/policy.ts';
import type { Engine } from '../engine.ts';
import { findRequest, findRun } from '../find.ts';
import { proveKeys } from '../key/prove-keys.ts';
import { loadRequest } from '../report/describe-request.ts';
import { unknownAttempt } from '../resolve-step.ts';
import { loadRun } from '../session.ts';

/** A request as a file that stands on its own, with proofs from the head its reader has seen. */
export async function exportRequest(
  engine: Engine,
  request: string | null,
  seenSize: number | null,
): Promise<RequestFile> {
  return exportRequestFrom(engine, request, seenSize === null ? [] : [seenSize]);
}

/** As `exportRequest`, for readers who may have seen the heads of these sizes. */
export async function exportRequestFrom(
  engine: Engine,
  request: string | null,
  seen: readonly number[],
): Promise<RequestFile> {
  const row = await findRequest(engine, request);
  const { state, record } = await loadRequest(engine, row.run, row.request);
  const { content } = record;
  const blobs = [
    ...content.commands.map(({ command }) => command),
    ...(content.previous === null ? [] : [content.previous.command]),
  ];
  return {
    kind: 'runbook.request/v1',
    ...(await proofs(engine, record.seq, seen)),
    blobs: await readBlobs(engine, blobs),
    approvers: approversOf(engine, state.initiator, content.policy.slots),
  };
}

/** A started step whose outcome is unknown, likewise, for whoever settles it. */
export async function exportStarted(
  engine: Engine,
  of: { readonly run: string; readonly step: string },
  seenSize: number | null,
): Promise<RequestFile> {
  const { state } = await loadRun(engine, await findRun(engine, of.run));
  const { started } = unknownAttempt(state, of.step);
  const everyone: Slot = {
    id: 'resolve',
    count: 1,
    from: ['*'],
    eligible: [],
    assurance: 'A3',
    presence: false,
  };
  return {
    kind: 'runbook.started/v1',
    ...(await proofs(engine, started.seq, seenSize === null ? [] : [seenSize])),
    blobs: await readBlobs(engine, started.data.command === null ? [] : [started.data.command]),
    approvers: approversOf(engine, state.initiator, [everyone]),
  };
}

/** Where an entry stands, proven from what its reader has seen of the log. */
export async function proofs(
  engine: Engine,
  index: number,
  sizes: readonly number[],
): Promise<
  Pick<
    RequestFile,
    | 'origin'
    | 'verifier_key'
    | 'checkpoint'
    | 'index'
    | 'leaf'
    | 'inclusion'
    | 'consistency'
    | 'keys'
  >
> {
  const { store } = engine;
  const head = await store.head();
  const [entry] = await store.entries(index, index + 1);
  const inclusion = await store.inclusionProof(index, head.size);
  // The reader's own pin where it is known, and whatever each approver saw when they last signed.
  const seen = new Set([...sizes, ...(await store.seenSizes())]);
  const known = [...seen].filter((size) => size > 0 && size <= head.size);
  const history = await store.keys();
  const key = keyAt(history, head.size);
  return {
    origin: store.origin,
    verifier_key: formatVerifierKey(key.name, key.publicKey),
    checkpoint: head.note,
    index,
    leaf: (entry?.bytes ?? Buffer.alloc(0)).toString('base64'),
    inclusion: inclusion.map(base64),
    ...(hasOneKey(history) ? {} : { keys: await proveKeys(store, history, head.size) }),
    consistency: await Promise.all(
      known.map(async (from) => ({
        from,
        proof: (await store.consistencyProof(from, head.size)).map(base64),
      })),
    ),
  };
}

/** A recovery key is shown before it is used: whoever saw it follows no other. */
function hasOneKey({ keys, recoveries }: KeyHistory): boolean {
  return keys.length === 1 && recoveries.length === 0;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}

export async function readBlobs(
  engine: Engine,
  ids: readonly BlobId[],
): Promise<RequestFile['blobs']> {
  const read = await Promise.all(
    [...new Set(ids)].map(async (id) => {
      if ((await engine.store.checkBlob(id)) !== 'ok') {
        return [];
      }
      const { bytes, salt } = await engine.store.getBlob(id);
      return [[id, { salt: base64(salt), bytes: base64(bytes) }] as const];
    }),
  );
  return Object.fromEntries(read.flat());
}

function approversOf(
  engine: Engine,
  initiator: Initiator,
  slots: readonly Slot[],
): RequestFile['approvers'] {
  const people = engine.trusted().people.value;
  return people.people
    .map((person) => ({
      person: person.name,
      keys: person.sshKeys,
      slots: slots
        .filter((slot) => eligibleFor(slot, { people, initiator }, ever).includes(person.name))
        .map(({ id }) => id),
    }))
    .filter((each) => each.slots.length > 0);
}
