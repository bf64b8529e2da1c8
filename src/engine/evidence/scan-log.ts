import type { RunId } from '../../base/ids.ts';
import type { EventType, Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Store } from '../../store/store.ts';
import { walkLog } from '../walk-log.ts';
import { type WhoEntry, whoEntryOf } from './rests-on.ts';

/** What of the log decides which entries belong together. */
export interface LogMap {
  readonly size: number;
  /** Entries that speak of the log itself: genesis, its keys, and what was erased or pruned. */
  readonly trail: readonly number[];
  readonly configs: readonly number[];
  /** A run's entries, in order. */
  readonly runs: ReadonlyMap<RunId, readonly number[]>;
  /** Runs that cannot be judged apart: one lent another its approval, or one's debt holds the other up. */
  readonly bonds: readonly ReadonlySet<RunId>[];
  /** Entries of no run about an approval that holds for later runs, by the runs under it. */
  readonly revocations: readonly { readonly seq: number; readonly bond: ReadonlySet<RunId> }[];
  /** Entries of no run that say who somebody is: tokens, passkeys, keys of issuers. */
  readonly who: readonly WhoEntry[];
  /** The time of every entry, for whoever asks by time; NaN where it was pruned. */
  readonly times: Float64Array;
}

/** Reads the whole log once. */
export async function scanLog(
  store: Store,
  progress: (done: number, of: number) => void,
): Promise<LogMap> {
  const { size } = await store.head();
  const map = emptyMap(size);
  for await (const { entries, to } of walkLog(store, size)) {
    for (const entry of entries) {
      note(map, recordedOf(entry));
    }
    progress(to, size);
  }
  return { ...map, bonds: [...map.bondsByName.values()] };
}

function emptyMap(size: number) {
  return {
    size,
    trail: [] as number[],
    configs: [] as number[],
    runs: new Map<RunId, number[]>(),
    bondsByName: new Map<string, Set<RunId>>(),
    revocations: [] as { readonly seq: number; readonly bond: ReadonlySet<RunId> }[],
    who: [] as WhoEntry[],
    times: new Float64Array(size).fill(Number.NaN),
  };
}

type Filling = ReturnType<typeof emptyMap>;

function note(map: Filling, entry: Recorded): void {
  const { seq, time, run, event } = entry;
  map.times[seq] = Date.parse(time);
  if (run !== null) {
    listOf(map, run).push(seq);
    for (const name of bondsOf(event)) {
      bond(map, name).add(run);
    }
  }
  const who = whoEntryOf(entry);
  if (who !== null) {
    map.who.push(who);
  } else if (event.type === 'config.set') {
    map.configs.push(seq);
  } else if (event.type === 'grant.revoked') {
    map.revocations.push({ seq, bond: bond(map, `grant ${event.data.request}`) });
  } else if (ofTheLog.includes(event.type)) {
    map.trail.push(seq);
  }
}

const ofTheLog: readonly EventType[] = [
  'log.genesis',
  'key.recovery',
  'key.rotated',
  'content.erased',
  'log.pruned',
];

/** What ties a run to others, by names that they share. */
function bondsOf(event: Recorded['event']): readonly string[] {
  if (event.type === 'approval.requested') {
    const { id, grant, break_glass: terms } = event.data;
    return [
      ...(grant.reuse === undefined ? [] : [`grant ${id}`]),
      ...(terms === null ? [] : [`scope ${terms.scope}`]),
    ];
  }
  if (event.type !== 'step.started' || event.data.permit.kind !== 'grant') {
    return [];
  }
  const { request, lent_by: lender } = event.data.permit;
  return lender === undefined ? [] : [`grant ${request}`];
}

function bond({ bondsByName }: Filling, name: string): Set<RunId> {
  const known = bondsByName.get(name) ?? new Set<RunId>();
  bondsByName.set(name, known);
  return known;
}

function listOf({ runs }: Filling, run: RunId): number[] {
  const known = runs.get(run) ?? [];
  runs.set(run, known);
  return known;
}
