import { RunbookError } from '../base/errors.ts';
import { type Checkpoint, openNote, parseCheckpoint } from '../journal/checkpoint.ts';
import { emptyRoot } from '../journal/merkle.ts';
import { formatSignature, splitNote } from '../journal/note.ts';
import { verifyConsistency } from '../journal/proof.ts';
import { keyId, type VerifierKey } from '../journal/verifier-key.ts';
import type { KnownLogs } from './known-logs.ts';

/** A head that a known log signed. */
export interface KnownHead {
  readonly checkpoint: Checkpoint;
  /** The text and the log's own signatures; what others wrote below it is left out. */
  readonly note: string;
}

/** A head, and the way to it from an older one: the body of C2SP tlog-witness `add-checkpoint`. */
export interface Submission {
  readonly old: number;
  readonly proof: readonly Buffer[];
  readonly note: string;
}

export type Judgement =
  | { readonly kind: 'cosign'; readonly head: KnownHead }
  | { readonly kind: 'refuse'; readonly status: 400 | 403 | 404; readonly why: string }
  /** The newest head has another size than the sender thinks. */
  | { readonly kind: 'elsewhere'; readonly size: number }
  /** The log signed a head that does not follow from the newest one, or is not shown to. */
  | { readonly kind: 'contradiction'; readonly status: 409 | 422; readonly head: KnownHead };

/** C2SP tlog-witness: no proof in a tree that can be counted is longer. */
const maxProof = 63;

/** Null for anything that is not such a body. */
export function parseSubmission(body: string): Submission | null {
  const end = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(0, end)).split('\n');
  const [, digits] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  const isExact = proof.every(
    (hash, at) => hash.length === 32 && hash.toString('base64') === lines[at],
  );
  return digits === undefined || !isExact || proof.length > maxProof
    ? null
    : { old: Number(digits), proof, note: body.slice(end + 2) };
}

/**
 * What a witness does with a head, in the order of C2SP tlog-witness. `newest` is what it has cosigned last
 * of this origin, null where it has nothing.
 */
export function judgeCheckpoint(
  submission: Submission,
  logs: KnownLogs,
  newest: (origin: string) => Checkpoint | null,
): Judgement {
  const opened = openKnown(submission.note, logs);
  if ('status' in opened) {
    return { kind: 'refuse', ...opened };
  }
  const { checkpoint } = opened;
  const { old, proof } = submission;
  const last = newest(checkpoint.origin) ?? { size: 0, root: emptyRoot() };
  if (old > checkpoint.size) {
    return refused(400, 'the old size is larger than the checkpoint');
  }
  if (old !== last.size) {
    return { kind: 'elsewhere', size: last.size };
  }
  if (old === checkpoint.size && !checkpoint.root.equals(last.root)) {
    return { kind: 'contradiction', status: 409, head: opened };
  }
  return follows(last, checkpoint, proof)
    ? { kind: 'cosign', head: opened }
    : { kind: 'contradiction', status: 422, head: opened };
}

function follows(
  last: Pick<Checkpoint, 'size' | 'root'>,
  next: Checkpoint,
  proof: readonly Buffer[],
): boolean {
  if (last.size === 0 && next.size > 0) {
    return proof.length === 0;
  }
  const claim = { from: last.size, to: next.size, fromRoot: last.root, toRoot: next.root, proof };
  return holds(() => {
    verifyConsistency(claim);
  });
}

type Refusal = { readonly status: 400 | 403 | 404; readonly why: string };

/** The note, if a key of a known log signed it. */
function openKnown(note: string, logs: KnownLogs): KnownHead | Refusal {
  const parsed = attempt(() => ({ ...splitNote(note), ...parseCheckpoint(splitNote(note).body) }));
  if (parsed === null) {
    return { status: 400, why: 'this is not a checkpoint' };
  }
  const keys = logs.get(parsed.origin);
  if (keys === undefined) {
    return { status: 404, why: 'this log is not known here' };
  }
  const opened = attempt(() => openNote(note, keys));
  if (opened === null) {
    return { status: 403, why: 'no key of this log signed the checkpoint' };
  }
  const own = parsed.signatures.filter((line) =>
    opened.signedBy.some((key) => line.name === key.name && line.keyId.equals(idOf(key))),
  );
  return {
    checkpoint: opened.checkpoint,
    note: `${parsed.body}\n${own.map(formatSignature).join('')}`,
  };
}

function refused(status: Refusal['status'], why: string): Judgement {
  return { kind: 'refuse', status, why };
}

function idOf({ name, publicKey }: VerifierKey): Buffer {
  return keyId(name, publicKey);
}

function holds(claim: () => void): boolean {
  return (
    attempt(() => {
      claim();
      return true;
    }) === true
  );
}

/** What was sent is wrong in some way that has a name: everything else is a fault of ours. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}
