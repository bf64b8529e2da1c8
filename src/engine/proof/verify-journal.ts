import { basename } from 'node:path';
import { parseReceipt } from '../../approval/statement/receipt.ts';
import { type Audit, beginAudit } from '../../audit/audit.ts';
import type { Blob, Exhibit } from '../../audit/exhibit.ts';
import { RunbookError } from '../../base/errors.ts';
import { type BlobId, isSha256 } from '../../base/ids.ts';
import type { Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import { isTrailEvent } from '../../run/trail-events.ts';
import type { StoredEntry } from '../../store/store.ts';
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
    publicKey: store.publicKey,
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
    exit_code: findings.length === 0 && verdicts.every(({ ok }) => ok) ? 0 : 14,
  };
}

async function addEntries(
  engine: Engine,
  { audit, index }: { readonly audit: Audit; readonly index: IndexCheck },
  of: { readonly start: number; readonly end: number; readonly isHead: (seq: number) => boolean },
): Promise<void> {
  for (const entry of await engine.store.entries(of.start, of.end)) {
    const recorded = readable(entry);
    audit.add(await exhibit(engine, entry, recorded));
    if (recorded !== null) {
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

async function exhibit(
  engine: Engine,
  entry: StoredEntry,
  recorded: Recorded | null,
): Promise<Exhibit> {
  const named = recorded === null ? [] : blobsOf(recorded);
  const blobs = new Map<BlobId, Blob>();
  for (const { id, read } of named) {
    blobs.set(id, await lookAt(engine, id, read));
  }
  return { ...entry, blobs };
}

async function lookAt(engine: Engine, id: BlobId, read: boolean): Promise<Blob> {
  const state = await engine.store.checkBlob(id);
  if (state !== 'ok') {
    return { state };
  }
  return { state: 'ok', bytes: read ? (await engine.store.getBlob(id)).bytes : null };
}

/** Every blob an entry names; `read` where the audit needs its bytes. What cannot be read names none. */
function blobsOf(recorded: Recorded): readonly { readonly id: BlobId; readonly read: boolean }[] {
  try {
    return namesOf(recorded).filter(({ id }) => typeof id === 'string' && isSha256(id));
  } catch {
    // Under a stolen key an entry can have any shape; the audit says what is wrong with it.
    return [];
  }
}

function readable(entry: StoredEntry): Recorded | null {
  try {
    return recordedOf(entry);
  } catch {
    return null;
  }
}

function namesOf({ event }: Recorded): readonly { readonly id: BlobId; readonly read: boolean }[] {
  if (isTrailEvent(event)) {
    return [];
  }
  switch (event.type) {
    case 'config.set':
      return [event.data.people, event.data.policy, event.data.config].map((id) => ({
        id,
        read: true,
      }));
    case 'run.started':
      return [{ id: event.data.plan, read: true }];
    case 'approval.requested':
      return event.data.commands.map(({ command }) => ({ id: command, read: true }));
    case 'step.started':
      return event.data.command === null ? [] : [{ id: event.data.command, read: true }];
    case 'approval.decided':
      return event.data.attested === undefined
        ? []
        : [{ id: event.data.attested.raw, read: false }];
    case 'step.finished':
    case 'step.late':
      return [
        { id: event.data.stdout, read: false },
        { id: event.data.stderr, read: false },
        { id: event.data.outputs, read: true },
      ].flatMap(({ id, read }) => (id === null ? [] : [{ id, read }]));
    case 'manual.done':
      return event.data.outputs === null ? [] : [{ id: event.data.outputs, read: true }];
    case 'log.genesis':
    case 'approval.reminded':
    case 'manual.asked':
    case 'grant.revoked':
    case 'break_glass.reviewed':
    case 'run.resumed':
    case 'run.cancel_requested':
    case 'run.finished':
    case 'step.skipped':
    case 'step.denied':
    case 'step.unknown':
    case 'step.resolved':
    case 'approval.expired':
    case 'approval.superseded':
    case 'token.issued':
    case 'token.revoked':
      return [];
  }
}
