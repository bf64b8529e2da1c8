import { type Sink, SinkConflict } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { conflictOf } from './cursor.ts';
import { sinksNamed, syncAll } from './sync-all.ts';
import type { Standing } from './sync-sink.ts';

export interface SyncInput {
  /** Names; all of them where none is given. */
  readonly sinks: readonly string[];
  /** Only those of this kind. */
  readonly kind?: Sink['kind'];
  readonly timeoutMs: number;
  readonly progress: (sink: string, acknowledged: number, of: number) => void;
}

export interface SyncReport {
  readonly sinks: readonly SinkReport[];
  /** 14: one has a history that is not this journal's. 18: some are behind. */
  readonly exit_code: 0 | 14 | 18;
}

export interface SinkReport {
  readonly sink: string;
  readonly kind: string;
  readonly address: string;
  /** Policy may demand it. */
  readonly counts: boolean;
  readonly acknowledged: number;
  /** Entries that the journal had. */
  readonly of: number;
  /** RFC 3339: when it last acknowledged something; null where it never has. */
  readonly at: string | null;
  /** RFC 3339: since when it acknowledges nothing. */
  readonly failing_since: string | null;
  readonly trouble: {
    readonly code: string;
    readonly message: string;
    /** What to do about it; null where trying again is all there is. */
    readonly hint: string | null;
  } | null;
}

/** Brings the sinks up to date now, each asked to say what it has. Throws UsageError `sink_unknown`. */
export async function syncSinks(engine: Engine, input: SyncInput): Promise<SyncReport> {
  const named = sinksNamed(engine, input.sinks);
  const sinks = named.filter(({ kind }) => kind === (input.kind ?? kind));
  const { size } = await engine.store.head();
  const standings = await syncAll(engine, {
    sinks,
    withinMs: input.timeoutMs,
    confirm: true,
    retry: true,
    progress: ({ name }, acknowledged, of) => input.progress(name, acknowledged, of),
  });
  const troubles = standings.map(troubleIn);
  const isForked = troubles.some((trouble) => trouble instanceof SinkConflict);
  const isBehind = troubles.some((trouble) => trouble !== null);
  return {
    sinks: standings.map((standing) => reportOf(standing, size)),
    exit_code: isForked ? 14 : isBehind ? 18 : 0,
  };
}

/** What it said last of its history stands, also where it says nothing now. */
export function troubleIn({ sink, cursor, trouble }: Standing): Standing['trouble'] {
  return conflictOf(sink, cursor) ?? trouble;
}

function reportOf(standing: Standing, of: number): SinkReport {
  const { sink, cursor } = standing;
  const trouble = troubleIn(standing);
  return {
    sink: sink.name,
    kind: sink.kind,
    address: sink.address,
    counts: sink.counts,
    acknowledged: Math.min(cursor.size, of),
    of,
    at: cursor.at,
    failing_since: cursor.failing?.since ?? null,
    trouble:
      trouble === null
        ? null
        : { code: trouble.code, message: trouble.message, hint: trouble.hint ?? null },
  };
}
