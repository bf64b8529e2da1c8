import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { RunbookError } from '../base/errors.ts';
import { leafHash } from '../journal/leaf.ts';
import { treeRoot } from '../journal/merkle.ts';
import { verifySubtree } from '../journal/proof.ts';
import type { CheckpointSigner } from '../journal/signer.ts';
import { formatVerifierKey } from '../journal/verifier-key.ts';
import { type Answer, refuse, signed } from './answer.ts';
import { type Bytes, openBody } from './body.ts';
import type { KnownHead } from './judge-checkpoint.ts';
import type { KnownLogs } from './known-logs.ts';
import { LogCopy } from './log-copy.ts';
import { readMirrored } from './read-mirrored.ts';
import { type EntryPackage, readHeader, readPackages, type UploadHeader } from './read-packages.ts';
import { cosign, type Log } from './witness.ts';

export interface MirrorParts {
  readonly dir: string;
  readonly logs: KnownLogs;
  /** Not the witness's: this key says more, that the entries are here. */
  readonly signer: CheckpointSigner;
  /** The newest head that the witness beside us has cosigned: what entries are proven against. */
  readonly pending: (origin: string) => KnownHead | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps the entries of logs, and cosigns a head once every entry below it is here: C2SP tlog-mirror. */
export interface Mirror {
  readonly verifierKey: string;
  /**
   * `add-entries`. Each package is proven to be in the pending head before it is kept, and durable before
   * the next is looked at, so that any upload may end anywhere. Several may go on at a time: they write the
   * same. Throws where something cannot be written; then no head was cosigned.
   */
  addEntries(body: Bytes): Promise<Answer>;
  /** A file by its path, as C2SP tlog-tiles has it, behind the SHA-256 of the origin; null where there is none. */
  read(path: string): Answer | null;
}

/** Each holds a package in memory, 16 MiB at most, for whoever has shown nothing yet. */
const maxUploads = 16;

export function openMirror(parts: MirrorParts): Mirror {
  const { dir, logs, signer } = parts;
  const copies = new Map(
    [...logs.keys()].map((origin) => [origin, new LogCopy(join(dir, 'logs', sha256(origin)))]),
  );
  let uploads = 0;
  const take = async (bytes: Bytes): Promise<Answer> => {
    const body = openBody(bytes);
    const header = await readHeader(body);
    if (header === null) {
      return refuse(400, 'this is not an upload of entries');
    }
    const copy = copies.get(header.origin);
    if (copy === undefined) {
      return refuse(404, 'this log is not mirrored here');
    }
    const head = parts.pending(header.origin);
    return head === null || !fits(header, head, copy)
      ? info(409, head, copy)
      : takeEntries(parts, { copy, head, header }, readPackages(body, header));
  };
  return {
    verifierKey: formatVerifierKey(signer.name, signer.publicKey, 'cosignature'),
    async addEntries(bytes) {
      if (uploads >= maxUploads) {
        return refuse(503, 'too many uploads at a time');
      }
      uploads += 1;
      try {
        return await take(bytes);
      } finally {
        uploads -= 1;
      }
    },
    read: (path) => readMirrored(join(dir, 'logs'), path),
  };
}

interface Upload {
  readonly copy: LogCopy;
  readonly head: KnownHead;
  readonly header: UploadHeader;
}

function fits({ start, end }: UploadHeader, { checkpoint }: KnownHead, copy: LogCopy): boolean {
  return end === checkpoint.size && end >= copy.size && start <= copy.next;
}

async function takeEntries(
  parts: MirrorParts,
  { copy, head, header }: Upload,
  packages: AsyncIterable<EntryPackage>,
): Promise<Answer> {
  let kept = 0;
  for await (const each of packages) {
    if (!keepPackage(copy, head, each)) {
      parts.log({
        event: 'entries_unproven',
        level: 'alarm',
        origin: header.origin,
        at: each.start,
      });
      return refuse(422, `entries from ${each.start} are not those of the pending head`);
    }
    kept += 1;
  }
  if (copy.next < header.end) {
    return kept === 0 ? refuse(400, 'no package of entries came whole') : info(202, head, copy);
  }
  return commit(parts, head, copy);
}

/** False where the entries are not the log's. From here to the disk nothing waits. */
function keepPackage(copy: LogCopy, { checkpoint }: KnownHead, each: EntryPackage): boolean {
  const { first, end, entries, proof } = each;
  const before = copy.bundle(first, each.start - first);
  const all = [...before, ...entries];
  const hashes = all.map(leafHash);
  const claim = {
    subtree: { from: first, to: end },
    size: checkpoint.size,
    subtreeRoot: treeRoot(hashes),
    root: checkpoint.root,
    proof,
  };
  try {
    verifySubtree(claim);
  } catch (error) {
    if (error instanceof RunbookError) {
      return false;
    }
    throw error;
  }
  copy.keep(first, all, hashes);
  return true;
}

/** Cosigns what is here whole. Another upload may have come further meanwhile: then nothing goes back. */
function commit({ signer, clock, log }: MirrorParts, head: KnownHead, copy: LogCopy): Answer {
  const { origin, size, root } = head.checkpoint;
  if (copy.size > size) {
    return info(409, head, copy);
  }
  // Every package was proven by itself. What is signed is what lies on the disk, so that is what is asked.
  if (!copy.finish(size).equals(root)) {
    log({ event: 'copy_damaged', level: 'alarm', origin, size });
    return refuse(503, 'the copy here does not lead to this head');
  }
  const line = cosign(head, signer, clock);
  copy.publish(size, `${head.note}${line}`);
  return signed(line);
}

function info(status: 202 | 409, head: KnownHead | null, copy: LogCopy): Answer {
  return {
    status,
    contentType: 'text/x.tlog.mirror-info',
    body: `${head?.checkpoint.size ?? 0}\n${copy.next}\n\n`,
  };
}
