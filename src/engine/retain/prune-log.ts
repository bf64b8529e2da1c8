import { formatTime } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { UsageError } from '../../base/errors.ts';
import { newNonce, type RunId } from '../../base/ids.ts';
import type { Range } from '../../journal/merkle.ts';
import type { Event } from '../../run/events.ts';
import type { PrunedRun } from '../../run/trail-events.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import { refuseLong } from '../refuse-long.ts';
import { getCursor } from '../replicate/cursor.ts';
import type { RunLedger } from './ledger.ts';
import { readLedger } from './read-ledger.ts';
import { type Remover, removerOf } from './remover.ts';

export interface PruneInput {
  /** Runs whose last entry is older. */
  readonly beforeMs: number;
  readonly reason: string;
  readonly dryRun: boolean;
}

/** The object `journal prune --output json` prints. */
export interface PruneReport {
  readonly dry_run: boolean;
  /** RFC 3339. */
  readonly before: string;
  readonly runs: number;
  readonly entries: number;
  /** Indexes of the `log.pruned` entries; none where nothing was there to prune, or was only looked at. */
  readonly recorded: readonly number[];
  /** Runs that are old enough, and why they stay whole. */
  readonly kept: readonly { readonly run: RunId; readonly why: string }[];
}

/**
 * Reduces runs that ended long ago to the leaf hashes of their entries: every proof made before still
 * holds. Recorded first, deleted then: after a crash in between, the next sweep finishes. Runs that lent
 * each other approvals go together or not at all, so that no entry that stays is judged by one that went.
 * Throws UsageError `before_invalid`, `too_young`, `reason_too_long`; DeniedError as `removerOf`.
 */
export async function pruneLog(engine: Engine, input: PruneInput): Promise<PruneReport> {
  const { reason, dryRun } = input;
  const nowMs = engine.clock.now().wallMs;
  refuseLong({ reason });
  // What an audit will hold the entry against must be in force: a mere look changes nothing.
  const { people, config } = dryRun ? engine.trusted() : (await ensureConfig(engine)).trusted;
  const { link } = removerOf(engine, people.value);
  refuseYoung(input, { nowMs, keepMs: config.value.keepMs });
  if (!dryRun) {
    // What a crash left of the last one: nothing is named twice.
    await engine.store.sweep();
  }
  const { gone, kept } = await divide(engine, input.beforeMs, nowMs);
  const recorded = dryRun ? [] : await record(engine, gone, { reason, link });
  if (!dryRun) {
    await engine.store.sweep();
  }
  return {
    dry_run: dryRun,
    before: formatTime(input.beforeMs),
    runs: gone.length,
    entries: countOf(gone),
    recorded,
    kept,
  };
}

/** What was done yesterday is not tidied away today, by whatever flag: who did it might be who tidies. */
function refuseYoung(
  { beforeMs }: PruneInput,
  { nowMs, keepMs }: { readonly nowMs: number; readonly keepMs: number },
): void {
  if (beforeMs > nowMs) {
    throw new UsageError({
      code: 'before_invalid',
      message: `${formatTime(beforeMs)} has not come yet`,
      hint: 'runs are pruned that ended before a time in the past: `--keep 400d`, `--before 2026-01-01`',
    });
  }
  if (beforeMs > nowMs - keepMs) {
    throw new UsageError({
      code: 'too_young',
      message: `runs stay whole for \`${formatDuration(keepMs)}\` after their last entry, and ${formatTime(beforeMs)} is more recent`,
      hint: `\`--keep ${formatDuration(keepMs)}\` or more; \`retention: { keep: … }\` in \`config.yaml\` says how long`,
    });
  }
}

interface Divided {
  readonly gone: readonly RunLedger[];
  readonly kept: PruneReport['kept'];
}

async function divide(engine: Engine, beforeMs: number, nowMs: number): Promise<Divided> {
  const runs = new Map((await readLedger(engine.store)).runs().map((each) => [each.run, each]));
  const behind = await slowestSink(engine);
  const [recovery] = (await engine.store.keys()).recoveries;
  const whyStays = (each: RunLedger): string | null => {
    // Of what is pruned nobody can say that it named no other: the first is believed while all before it is there.
    if ((each.ranges[0]?.from ?? 0) < (recovery?.index ?? 0)) {
      return 'it began before the recovery key was named';
    }
    const why = each.needed(nowMs);
    if (why !== null || behind === null || (each.ranges.at(-1)?.to ?? 0) <= behind.size) {
      return why;
    }
    return `sink \`${behind.name}\` has ${behind.size} entries, and not yet all of this run`;
  };
  const isOld = ({ last }: RunLedger): boolean => Date.parse(last) < beforeMs;
  const old = [...runs.values()].filter(isOld);
  const stays = new Map(old.flatMap((each) => reasonOf(each.run, whyStays(each))));
  for (const [run, why] of spread(runs, (each) => isOld(each) && !stays.has(each.run))) {
    stays.set(run, stays.get(run) ?? why);
  }
  return {
    gone: old.filter(({ run }) => !stays.has(run)),
    kept: old.flatMap(({ run }) => {
      const why = stays.get(run);
      return why === undefined ? [] : [{ run, why }];
    }),
  };
}

function reasonOf(run: RunId, why: string | null): readonly (readonly [RunId, string])[] {
  return why === null ? [] : [[run, why]];
}

/** Runs that may go by themselves, and stay because one does that they are bound to, however far off. */
function spread(
  runs: ReadonlyMap<RunId, RunLedger>,
  mayGo: (run: RunLedger) => boolean,
): ReadonlyMap<RunId, string> {
  const stays = new Map<RunId, string>();
  const queue = [...runs.values()].filter((run) => !mayGo(run));
  for (let run = queue.pop(); run !== undefined; run = queue.pop()) {
    for (const id of run.bound) {
      const other = runs.get(id);
      if (other !== undefined && mayGo(other) && !stays.has(id)) {
        stays.set(id, `run ${run.run} stays, and one approval holds for both`);
        queue.push(other);
      }
    }
  }
  return stays;
}

/** Where the copy stands that has the fewest entries: what it lacks must not go before it came there. */
async function slowestSink({
  store,
  sinks,
}: Engine): Promise<{ readonly name: string; readonly size: number } | null> {
  const copies = sinks.filter(({ kind }) => kind !== 'witness' && kind !== 'timestamp');
  const standing = await Promise.all(
    copies.map(async ({ name }) => ({ name, size: (await getCursor(store, name))?.size ?? 0 })),
  );
  return standing.sort((one, other) => one.size - other.size)[0] ?? null;
}

/** More would not fit an entry. */
const piecesAnEntry = 500;

async function record(
  { store }: Engine,
  gone: readonly RunLedger[],
  { reason, link }: { readonly reason: string; readonly link: Remover['link'] },
): Promise<readonly number[]> {
  const pieces = gone.flatMap(({ ranges, ...run }) => ranges.map((range) => ({ ...run, range })));
  const events: Event[] = [];
  for (let at = 0; at < pieces.length; at += piecesAnEntry) {
    const runs = joined(pieces.slice(at, at + piecesAnEntry));
    const ranges = runs.flatMap((run) => run.ranges);
    const data = {
      before: Math.max(...ranges.map(([, to]) => to)),
      count: ranges.reduce((sum, [from, to]) => sum + to - from, 0),
      runs,
      reason,
      by: link.identity,
      person: link.person,
    };
    events.push({ type: 'log.pruned', data });
  }
  if (events.length === 0) {
    return [];
  }
  const commandId = `prune.${newNonce()}`;
  const { first } = await store.commit({ run: null, expectedVersion: null, commandId, events });
  return events.map((_, at) => first + at);
}

type Piece = Pick<RunLedger, 'run' | 'ended'> & { readonly range: Range };

/** Pieces of one run stand together. */
function joined(pieces: readonly Piece[]): readonly PrunedRun[] {
  const runs: (PrunedRun & { readonly ranges: [number, number][] })[] = [];
  for (const { run, ended, range } of pieces) {
    const last = runs.at(-1);
    if (last?.run === run) {
      last.ranges.push([range.from, range.to]);
    } else if (ended !== null) {
      runs.push({ run, status: ended, ranges: [[range.from, range.to]] });
    }
  }
  return runs;
}

function countOf(runs: readonly RunLedger[]): number {
  return runs.flatMap(({ ranges }) => ranges).reduce((sum, { from, to }) => sum + to - from, 0);
}
