import { availableParallelism } from 'node:os';
import { isKeyEntry } from '../../approval/court/judge-keys.ts';
import type { Finding } from '../../audit/finding.ts';
import type { OutsideSources } from '../../audit/outside.ts';
import { IntegrityError } from '../../base/errors.ts';
import type { Recorded } from '../../run/events.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import type { VerifyInput, VerifyReport } from '../verify.ts';
import { checkHeadRow } from './check-head-row.ts';
import { type IndexCheck, openIndexCheck } from './check-index.ts';
import { checkKeysBefore } from './check-keys-before.ts';
import { proveForks } from './fork-proof.ts';
import { gatherOutside } from './gather-outside.ts';
import type { LogSource } from './log-source.ts';
import { conflictsOf, lookAtReplicas } from './look-at-replicas.ts';
import { ownSource } from './own-source.ts';
import { readReceipts } from './read-receipts.ts';
import { readSince, type Since } from './read-since.ts';
import { type LogCase, page, reportOf, verifyLog } from './verify-log.ts';

/** Judges the journal of this machine, its indexes too. Reads; writes nothing. */
export async function verifyJournal(engine: Engine, input: VerifyInput): Promise<VerifyReport> {
  const { store } = engine;
  // Asked before the head is read: what others have is then never more than an honest log has.
  const replicas = await lookAtReplicas(engine, input.online ?? false);
  const outside = await gatherOutside(engine, input, (await newestHead(store)).size);
  const index = openIndexCheck();
  const { size, damage } = await newestHead(store);
  const threads = helpersFor(size, input.workers ?? null);
  const since = await sinceOf(store, input.since ?? null, size);
  const from = since?.size ?? 0;
  const ahead = threads === 0 ? null : store.readAhead({ from, to: size, page, threads });
  const source = await ownSource(store, ahead);
  const prunedBefore = (await store.pruned(0, from)).length > 0;
  const trust = sinceThen({ ...trustOf(engine, input), outside, replicas, prunedBefore }, since);
  const { progress } = input;
  let keysChange = false;
  const follow = (entry: Recorded): void => {
    index.add(entry);
    keysChange ||= isKeyEntry(entry.event.type);
  };
  const audit = await closing(source, verifyLog({ source, size, trust, since, follow, progress }));
  const beside = { size, damage, since, keysChange, index };
  for (const finding of await findBeside(store, beside)) {
    audit.note(finding);
  }
  const report = reportOf(audit);
  const forks = await proveForks(store, [...audit.forked(), ...conflictsOf(replicas)]);
  return forks.length === 0 ? report : { ...report, forks };
}

interface Beside {
  readonly size: number;
  readonly damage: string | null;
  readonly since: Since | null;
  /** Whether the entries that were read change the journal's keys. */
  readonly keysChange: boolean;
  readonly index: IndexCheck;
}

/** What is wrong beside the entries that were read. */
async function findBeside(
  store: Store,
  { size, damage, since, keysChange, index }: Beside,
): Promise<readonly Finding[]> {
  return [
    // What stands behind the last head that can be read is under no signature.
    ...(damage === null ? [] : [unsigned(size, damage)]),
    ...(since !== null && keysChange ? await checkKeysBefore(store, since) : []),
    ...(await checkHeadRow(store, size)),
    // An index is of all entries: whoever reads only some cannot say what it should hold.
    ...(since === null ? await index.findings(store, size) : []),
  ];
}

function unsigned(size: number, message: string): Finding {
  return { verdict: 'integrity', code: 'E_STH_SIG', index: size, message };
}

function trustOf(engine: Engine, { receipts, pins }: VerifyInput): LogCase['trust'] {
  return { receipts: readReceipts(receipts), pins, nowMs: engine.clock.now().wallMs };
}

async function sinceOf(
  store: Store,
  given: NonNullable<VerifyInput['since']> | null,
  newest: number,
): Promise<Since | null> {
  return given === null ? null : readSince(store, given, newest);
}

/** Of smaller heads nothing can be said without the entries before; the one it goes on from is held to. */
function sinceThen(
  trust: LogCase['trust'] & { readonly outside: OutsideSources },
  since: Since | null,
): LogCase['trust'] {
  if (since === null) {
    return trust;
  }
  const isLater = ({ size }: { readonly size: number }): boolean => size >= since.size;
  const { outside, pins } = trust;
  const checkpoints = since.kept === null ? [] : [since.kept];
  return {
    ...trust,
    keys: since.keys,
    pins: pins.filter(({ note }) => isLater({ size: Number(note.split('\n')[1]) })),
    outside: { ...outside, anchors: outside.anchors.filter(isLater), checkpoints },
  };
}

async function closing<Value>(source: LogSource, work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } finally {
    await source.close();
  }
}

/** Below so many entries a thread costs more than it reads. */
const manyEntries = 200_000;

/** One that reads keeps up with the one that judges; another would only hold memory. */
const mostUseful = 2;

/** Threads beside the one that judges. */
function helpersFor(size: number, workers: number | null): number {
  const chosen = workers ?? (size < manyEntries ? 1 : Math.min(availableParallelism(), mostUseful));
  return Math.max(0, chosen - 1);
}

/** The head that the journal names, or else the newest one that is left of it. */
async function newestHead(
  store: Store,
): Promise<{ readonly size: number; readonly damage: string | null }> {
  try {
    return { size: (await store.head()).size, damage: null };
  } catch (error) {
    if (!(error instanceof IntegrityError)) {
      throw error;
    }
    const left = await store.headUpTo(Number.MAX_SAFE_INTEGER);
    return { size: left?.size ?? 0, damage: error.message };
  }
}
