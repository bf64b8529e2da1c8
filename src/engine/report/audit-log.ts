import { UsageError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import type { Json } from '../../base/json.ts';
import type { EventType, Recorded } from '../../run/events.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { EntryQuery } from '../../store/rows.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { findRun } from '../find.ts';
import type { AuditLine } from '../reports.ts';
import { summaryOf } from './describe-entry.ts';
import { type EntryFilter, fits, isNamed, namesOf, typesOf } from './entry-filter.ts';
import { refuseUnknown } from './refuse-unknown.ts';

const page = 500;

/**
 * The newest entries that fit, oldest of them first. Walks back from the newest, page by page, and no
 * further than it must. Throws UsageError `type_unknown`; and `person_unknown`, `runbook_unknown`,
 * `environment_unknown` where nothing fits and nobody knows the name either.
 */
export async function auditLog(engine: Engine, filter: EntryFilter): Promise<readonly AuditLine[]> {
  const found: AuditLine[] = [];
  const isTheirs = filter.person === undefined ? null : openActors(engine, filter.person);
  for await (const entry of newestFirst(engine, filter)) {
    if (isTheirs === null || (await isTheirs(entry))) {
      found.push(lineOf(entry));
    }
    if (found.length === filter.limit) {
      break;
    }
  }
  if (found.length === 0) {
    await refuseUnknown(engine, filter);
  }
  return found.reverse();
}

async function* newestFirst(engine: Engine, filter: EntryFilter): AsyncGenerator<Recorded> {
  const { store } = engine;
  const query = await queryOf(engine, filter);
  for (let { size: before } = await store.head(); before > 0; ) {
    const seqs = await store.findEntries({ ...query, before, limit: page });
    const entries = await readEntries(store, seqs);
    yield* entries.filter((entry) => fits(entry, filter));
    const { since } = filter;
    if (seqs.length < page || (since !== undefined && entries.every(({ time }) => time < since))) {
      return;
    }
    before = seqs.at(-1) ?? 0;
  }
}

async function queryOf(
  engine: Engine,
  filter: EntryFilter,
): Promise<Omit<EntryQuery, 'before' | 'limit'>> {
  const { runbook, environment } = filter;
  const types = typesOf(filter);
  return {
    ...(filter.run === null ? {} : { run: await findRun(engine, filter.run) }),
    ...(types === null ? {} : { types }),
    ...(runbook === undefined ? {} : { runbook }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/** Newest first, as `seqs` are. What lies close together is read at once. */
async function readEntries(store: Store, seqs: readonly number[]): Promise<readonly Recorded[]> {
  const [last = 0, first = 0] = [seqs[0], seqs.at(-1)];
  const isDense = last - first < 4 * page;
  const stored = isDense
    ? await store.entries(first, last + 1)
    : (await Promise.all(seqs.map((seq) => store.entries(seq, seq + 1)))).flat();
  const wanted = new Set(seqs);
  return stored
    .filter(({ seq }) => wanted.has(seq))
    .map(recordedOf)
    .sort((one, other) => other.seq - one.seq);
}

const joining: readonly EventType[] = ['run.started', 'run.resumed', 'manual.done'];
/** Neighbouring entries are of few runs. */
const rememberedRuns = 1000;

/** Whether somebody did it, or stands behind the run that it is about. */
function openActors(engine: Engine, person: string): (entry: Recorded) => Promise<boolean> {
  const { store, trusted } = engine;
  const names = namesOf(person, trusted().people.value);
  const known = new Map<RunId, boolean>();
  const standsBehind = async (run: RunId): Promise<boolean> => {
    const { size } = await store.head();
    const seqs = await store.findEntries({ run, types: joining, before: size, limit: page });
    return (await readEntries(store, seqs)).some((entry) => isNamed(entry, names));
  };
  return async (entry) => {
    const { run } = entry;
    if (isNamed(entry, names) || run === null) {
      return isNamed(entry, names);
    }
    if (known.size > rememberedRuns) {
      known.clear();
    }
    const theirs = known.get(run) ?? (await standsBehind(run));
    known.set(run, theirs);
    return theirs;
  };
}

/** One entry as it is stored, with what proves that it stands under the signed head. */
export async function auditShow(engine: Engine, index: number): Promise<Json> {
  const head = await engine.store.head();
  const [entry] = await engine.store.entries(index, index + 1);
  if (entry === undefined) {
    throw await whyNoEntry(engine, index, head.size);
  }
  const proof = await engine.store.inclusionProof(index, head.size);
  return {
    index,
    hash: recordedOf(entry).hash,
    leaf: JSON.parse(entry.bytes.toString('utf8')) as Json,
    inclusion: proof.map((hash) => hash.toString('base64')),
    checkpoint: head.note,
  };
}

async function whyNoEntry({ store }: Engine, index: number, size: number): Promise<UsageError> {
  const [pruned] = await store.pruned(index, index + 1);
  return pruned === undefined
    ? new UsageError({
        code: 'entry_unknown',
        message: `there is no entry ${index}: the journal has ${size}`,
        hint: '`runbook audit log` lists the newest',
      })
    : new UsageError({
        code: 'entry_pruned',
        message: `of entry ${index} (${pruned.time}) only the leaf hash ${pruned.hash} is kept`,
        hint: '`runbook audit log --type log.pruned` says by whom it was pruned, and why',
      });
}

function lineOf(entry: Recorded): AuditLine {
  const { seq, time, run, event, hash } = entry;
  return { index: seq, time, type: event.type, run, summary: summaryOf(entry), hash };
}
