import { basename } from 'node:path';
import { parseReceipt } from '../../approval/statement/receipt.ts';
import { type Audit, beginAudit } from '../../audit/audit.ts';
import type { Blob } from '../../audit/exhibit.ts';
import { RunbookError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import { newestKey } from '../../journal/key-history.ts';
import type { Recorded } from '../../run/events.ts';
import { blobsOf } from '../../run/named-blobs.ts';
import type { Engine } from '../engine.ts';
import type { VerifyReport } from '../reports.ts';
import type { VerifyInput } from '../service.ts';
import { type IndexCheck, openIndexCheck } from './check-index.ts';

const batch = 1000;
/**
 * Earlier heads that are opened as well, all of them up to here, then evenly spread; the newest always is,
 * and covers every entry. The verdict says how many were.
 */
const openedHeads = 10_000;

/** Feeds the whole journal to the audit, in order. Reads; writes nothing. */
export async function verifyJournal(engine: Engine, input: VerifyInput): Promise<VerifyReport> {
  const { store } = engine;
  const { size } = await store.head();
  const audit = beginAudit({
    origin: store.origin,
    publicKey: newestKey(await store.keys()).publicKey,
    receipts: input.receipts.map(({ file, text }) => ({
      name: basename(file),
      receipt: parseReceipt(text, file),
    })),
    pins: input.pins,
    nowMs: engine.clock.now().wallMs,
  });
  const index = openIndexCheck();
  const stride = Math.max(1, Math.ceil(size / openedHeads));
  for (let start = 0; start < size; start += batch) {
    const end = Math.min(start + batch, size);
    await addEntries(
      engine,
      { audit, index },
      {
        start,
        end,
        isHead: (seq) => seq % stride === 0 || seq === size - 1,
      },
    );
    input.progress(end, size);
  }
  for (const finding of await index.findings(store, size)) {
    audit.note(finding);
  }
  const verdicts = audit.verdicts();
  const findings = audit.findings().map(({ code, index, message }) => ({ code, index, message }));
  return {
    verdicts,
    findings,
    exit_code: findings.length === 0 && verdicts.every(({ ok }) => ok !== false) ? 0 : 14,
  };
}

async function addEntries(
  engine: Engine,
  { audit, index }: { readonly audit: Audit; readonly index: IndexCheck },
  of: { readonly start: number; readonly end: number; readonly isHead: (seq: number) => boolean },
): Promise<void> {
  for (const entry of await engine.store.entries(of.start, of.end)) {
    const recorded = audit.read(entry);
    if (recorded !== null) {
      audit.judge(recorded, await lookAtBlobs(engine, recorded));
      index.add(recorded);
    }
    if (of.isHead(entry.seq)) {
      await addHead(engine, audit, entry.seq + 1);
    }
  }
}

/** The head that ended at `size`, where one did. A tree that cannot even say which does not hold. */
async function addHead(engine: Engine, audit: Audit, size: number): Promise<void> {
  try {
    const head = await engine.store.headAt(size);
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

async function lookAtBlobs(
  engine: Engine,
  { event }: Recorded,
): Promise<ReadonlyMap<BlobId, Blob>> {
  const blobs = new Map<BlobId, Blob>();
  for (const { id, read } of blobsOf(event)) {
    blobs.set(id, await lookAt(engine, id, read));
  }
  return blobs;
}

async function lookAt(engine: Engine, id: BlobId, read: boolean): Promise<Blob> {
  const state = await engine.store.checkBlob(id);
  if (state !== 'ok') {
    return { state };
  }
  return { state: 'ok', bytes: read ? (await engine.store.getBlob(id)).bytes : null };
}
