import { JournalError, UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { Sink } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import type { Goal } from './carry.ts';
import { start } from './cursor.ts';
import { type Standing, syncSink } from './sync-sink.ts';

/** Which sinks are to be brought up to date, and how. */
export interface SyncOptions {
  readonly sinks: readonly Sink[];
  /** All end after this. */
  readonly withinMs: number;
  readonly signal?: AbortSignal;
  readonly confirm: boolean;
  /** Failures are tried again until the time is over. */
  readonly retry: boolean;
  readonly progress?: (sink: Sink, acknowledged: number, of: number) => void;
}

/**
 * Brings all of them up to the newest head, side by side: none waits for another, and what one does is no
 * other's trouble. Answers in their order. Throws nothing.
 */
export async function syncAll(engine: Engine, options: SyncOptions): Promise<readonly Standing[]> {
  const { sinks, withinMs, confirm, retry, progress } = options;
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), withinMs);
  const signal = AbortSignal.any([over.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const { size: to } = await engine.store.head();
    return await Promise.all(
      sinks.map((sink) =>
        syncSafely(engine, sink, {
          to,
          confirm,
          signal,
          retry: retry ? signal : null,
          ...(progress === undefined
            ? {}
            : { progress: (acknowledged, of) => progress(sink, acknowledged, of) }),
        }),
      ),
    );
  } finally {
    clearTimeout(timer);
  }
}

/** As `syncSink`, where the journal itself cannot be read or written too: then nothing was acknowledged. */
export async function syncSafely(engine: Engine, sink: Sink, goal: Goal): Promise<Standing> {
  try {
    return await syncSink(engine, sink, goal);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const trouble = new JournalError({
      code: 'sink_failed',
      message: `sink \`${sink.name}\`: ${message}`,
      cause: error,
    });
    return { sink, cursor: start, heard: null, trouble };
  }
}

/** The sinks of these names; all where none is named. Throws UsageError `sink_unknown`. */
export function sinksNamed({ sinks }: Engine, names: readonly string[]): readonly Sink[] {
  const known = sinks.map(({ name }) => name);
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const near = closest(stranger, known);
    throw new UsageError({
      code: 'sink_unknown',
      message: `there is no sink \`${stranger}\``,
      hint:
        near === null
          ? `\`config.yaml\` names ${known.length === 0 ? 'none' : known.join(', ')}`
          : `did you mean \`${near}\`?`,
    });
  }
  return names.length === 0 ? sinks : sinks.filter(({ name }) => names.includes(name));
}
