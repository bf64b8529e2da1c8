import { type Audit, beginAudit } from '../../audit/audit.ts';
import type { Bounds } from '../../audit/bounds.ts';
import type { Blob, Trust } from '../../audit/exhibit.ts';
import { RunbookError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import { blobsOf } from '../../run/named-blobs.ts';
import type { VerifyReport } from '../verify.ts';
import type { LogSource } from './log-source.ts';
import { readLeaves, type StoredLeaf } from './read-leaves.ts';
import type { Since } from './read-since.ts';

/** A log, and what it is judged by. */
export interface LogCase {
  readonly source: LogSource;
  /** Entries to judge: where a signed head ended. What others write meanwhile changes nothing. */
  readonly size: number;
  readonly trust: Omit<Trust, 'origin' | 'publicKey'>;
  /** Entries before it are not read; every later head must go on from its peaks. */
  readonly since?: Pick<Since, 'size' | 'peaks' | 'key'> | null;
  /** Told every entry that can be read, in order. */
  readonly follow: (entry: Recorded) => void;
  readonly progress: (done: number, of: number) => void;
}

/** Entries that are read at a time: more are slower, since they outlive the collector's first look. */
export const page = 256;

/**
 * Earlier heads that are opened as well, all of them up to here, then evenly spread; the newest always is,
 * and covers every entry. The verdict says how many were.
 */
const openedHeads = 2000;

/** Entries in a row that are not there, behind which nothing more is looked for. */
const mostMissing = 4096;

/** Feeds a whole log to the audit, in order and in bounded memory. Reads; writes nothing. */
export async function verifyLog(log: LogCase): Promise<Audit> {
  const { source, size, trust, since = null, progress } = log;
  const { origin } = source;
  const { publicKey } = since?.key ?? source.key;
  const audit = beginAudit({ ...trust, origin, publicKey }, boundsOf(source, since));
  const isOpened = headsToOpen(source, size);
  let missing = 0;
  for (let from = since?.size ?? 0; from < size; from += page) {
    const to = Math.min(from + page, size);
    const leaves = await readPage(source, audit, { from, to });
    for (const leaf of leaves) {
      const naming = addLeaf(log, audit, leaf);
      if (naming !== null) {
        // Only what names content waits: most entries name none.
        await judgeWithBlobs(log, audit, naming);
      }
      if (isOpened(leaf.seq)) {
        await addHead(source, audit, leaf.seq + 1);
      }
    }
    progress(to, size);
    missing = leaves.length === 0 ? missing + to - from : 0;
    if (missing >= mostMissing) {
      // Whatever a head says: nothing is there, and whoever serves a copy could go on saying so for ever.
      break;
    }
  }
  audit.end(size);
  return audit;
}

function boundsOf(
  { keyFrom, hasBlobs }: LogSource,
  since: NonNullable<LogCase['since']> | null,
): Bounds {
  const unread = since === null ? null : `not judged: entries before ${since.size} were not read`;
  const unjudged = hasBlobs ? unread : 'not judged: this copy has no blobs';
  return {
    ...(keyFrom === 'log' ? { keyFrom: 'taken from the copy itself, with what leads to it' } : {}),
    ...(unjudged === null ? {} : { unjudged }),
    ...(since === null ? {} : { since }),
  };
}

/** The object that is printed. */
export function reportOf(audit: Audit): VerifyReport {
  const verdicts = audit.verdicts();
  const findings = audit.findings().map(({ code, index, message }) => ({ code, index, message }));
  return {
    verdicts,
    findings,
    exit_code: verdicts.some(({ ok }) => ok === false) ? 14 : 0,
  };
}

/** Content that cannot be read at all is a finding, and what follows it is judged on. */
async function readPage(
  source: LogSource,
  audit: Audit,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly StoredLeaf[]> {
  try {
    return await readLeaves(source, from, to);
  } catch (error) {
    if (!(error instanceof RunbookError) || error.exitCode !== 14) {
      throw error;
    }
    audit.note({ verdict: 'integrity', code: 'E_LEAF', index: from, message: error.message });
    return [];
  }
}

/** An entry, and the content that it names. */
interface Naming {
  readonly entry: Recorded;
  readonly named: ReturnType<typeof blobsOf>;
}

/** Whether the head is opened that ends with an entry: some, evenly spread, the landmarks and the newest. */
function headsToOpen({ landmarks }: LogSource, size: number): (seq: number) => boolean {
  const stride = Math.max(1, Math.ceil(size / openedHeads));
  return (seq) => seq % stride === 0 || seq === size - 1 || landmarks?.has(seq + 1) === true;
}

/** Answers an entry that is to be judged with the content that it names; null where all is done. */
function addLeaf({ source, follow }: LogCase, audit: Audit, leaf: StoredLeaf): Naming | null {
  if (leaf.kind === 'pruned') {
    audit.addPruned(leaf);
    return null;
  }
  const entry = audit.read(leaf);
  if (entry === null) {
    return null;
  }
  const named = source.hasBlobs ? blobsOf(entry.event) : [];
  if (named.length > 0) {
    return { entry, named };
  }
  audit.judge(entry, noBlobs);
  follow(entry);
  return null;
}

const noBlobs: ReadonlyMap<BlobId, Blob> = new Map();

async function judgeWithBlobs(
  { source, follow }: LogCase,
  audit: Audit,
  { entry, named }: Naming,
): Promise<void> {
  const blobs = new Map<BlobId, Blob>();
  for (const { id, read } of named) {
    blobs.set(id, await source.blob(id, read));
  }
  audit.judge(entry, blobs);
  follow(entry);
}

/** The head that ended at `size`, where one did. A tree that cannot even say which does not hold. */
async function addHead(source: LogSource, audit: Audit, size: number): Promise<void> {
  try {
    const head = await source.headAt(size);
    if (head !== null) {
      audit.addHead({ size, note: head.note });
    }
  } catch (error) {
    if (!(error instanceof RunbookError)) {
      throw error;
    }
    const { message } = error;
    audit.note({ verdict: 'integrity', code: 'E_STH_SIG', index: size - 1, message });
  }
}
