import { UsageError } from '../../base/errors.ts';
import { type BlobId, isSha256, newNonce, type RunId, type Sha256 } from '../../base/ids.ts';
import type { Event, Recorded } from '../../run/events.ts';
import { type BlobContent, blobsOf, commitmentsOf } from '../../run/named-blobs.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import { findRun } from '../find.ts';
import { refuseLong } from '../refuse-long.ts';
import { findBlobs } from './find-blobs.ts';
import { refuseNeeded } from './refuse-needed.ts';
import { refuseOwn } from './refuse-own.ts';
import { type Remover, removerOf } from './remover.ts';

/** What can be erased of a run: what its steps gave and printed, what they were to do, its private values, what receivers heard. */
export const erasable = ['outputs', 'plans', 'values', 'received'] as const;
export type Erasable = (typeof erasable)[number];

export interface EraseInput {
  readonly reason: string;
  readonly what:
    | { readonly kind: 'run'; readonly run: string; readonly content: readonly Erasable[] }
    /** By their names: `params.token` (or `token`), `steps.mint.outputs.key`. */
    | { readonly kind: 'values'; readonly run: string; readonly names: readonly string[] }
    | { readonly kind: 'blobs'; readonly ids: readonly string[] };
}

/** The object `journal erase --output json` prints. */
export interface EraseReport {
  readonly blobs: number;
  readonly values: number;
  /** Indexes of the `content.erased` entries; none where all of it had been erased before. */
  readonly recorded: readonly number[];
}

/**
 * Deletes content for good, and says so in the log: first the entry, durable, then salts, then bytes. After
 * a crash in between, the next sweep finishes. No proof needs what is deleted. Throws UsageError
 * `still_needed`, `blob_unknown`, `value_unknown`, `reason_too_long`, and what `findRun` throws;
 * DeniedError `own_run`, and as `removerOf`.
 */
export async function eraseContent(engine: Engine, input: EraseInput): Promise<EraseReport> {
  refuseLong({ reason: input.reason });
  const { people, config } = (await ensureConfig(engine)).trusted;
  const remover = removerOf(engine, people.value);
  const { runs, blobs, openings } = await select(engine, input.what);
  for (const run of runs) {
    await refuseNeeded(engine, run);
    await refuseOwn(engine, run, { remover, keepMs: config.value.keepMs });
  }
  const left = {
    blobs: await notErased(engine, blobs),
    openings: await notErased(engine, openings),
  };
  const recorded = await record(engine, left, { reason: input.reason, ...remover });
  await engine.store.sweep();
  return { blobs: left.blobs.length, values: left.openings.length, recorded };
}

interface Selection {
  readonly runs: readonly RunId[];
  readonly blobs: readonly BlobId[];
  readonly openings: readonly Sha256[];
}

async function select(engine: Engine, what: EraseInput['what']): Promise<Selection> {
  if (what.kind === 'blobs') {
    return findBlobs(engine, what.ids);
  }
  const run = await findRun(engine, what.run);
  const entries = (await engine.store.loadRun(run)).map(recordedOf);
  if (what.kind === 'values') {
    const openings = what.names.map((name) => valueOf(entries, run, name));
    return { runs: [run], blobs: [], openings: [...new Set(openings)] };
  }
  const wanted = what.content.length === 0 ? erasable : what.content;
  return { runs: [run], ...contentOf(entries, wanted) };
}

const kinds: Readonly<Record<BlobContent, Erasable | null>> = {
  people: null,
  policy: null,
  config: null,
  plan: 'plans',
  command: 'plans',
  outputs: 'outputs',
  stdout: 'outputs',
  stderr: 'outputs',
  received: 'received',
};

function contentOf(
  entries: readonly Recorded[],
  wanted: readonly Erasable[],
): Pick<Selection, 'blobs' | 'openings'> {
  const blobs = entries
    .flatMap(({ event }) => blobsOf(event))
    .filter(({ what }) => wanted.some((kind) => kind === kinds[what]))
    .map(({ id }) => id);
  const openings = wanted.includes('values')
    ? entries.flatMap(({ event }) => [...commitmentsOf(event).values()])
    : [];
  return { blobs: [...new Set(blobs)], openings: [...new Set(openings)] };
}

function valueOf(entries: readonly Recorded[], run: RunId, name: string): Sha256 {
  const values = new Map(entries.flatMap(({ event }) => [...commitmentsOf(event)]));
  const found = values.get(name) ?? values.get(`params.${name}`);
  if (found === undefined || !isSha256(found)) {
    throw new UsageError({
      code: 'value_unknown',
      message: `run \`${run}\` has no private value \`${name}\``,
      hint:
        values.size === 0
          ? 'it has no private values at all'
          : `it has ${[...values.keys()].map((each) => `\`${each}\``).join(', ')}`,
    });
  }
  return found;
}

async function notErased<Id extends BlobId | Sha256>(
  { store }: Engine,
  ids: readonly Id[],
): Promise<readonly Id[]> {
  const left: Id[] = [];
  for (const id of ids) {
    if ((await store.erasedBy(id)) === null) {
      left.push(id);
    }
  }
  return left;
}

/** More would not fit an entry. */
const idsAnEntry = 700;

async function record(
  { store }: Engine,
  { blobs, openings }: Pick<Selection, 'blobs' | 'openings'>,
  { reason, link }: Pick<Remover, 'link'> & { readonly reason: string },
): Promise<readonly number[]> {
  const events: Event[] = [];
  const count = Math.max(blobs.length, openings.length);
  const each = idsAnEntry / 2;
  for (let at = 0; at < count; at += each) {
    const data = {
      blobs: blobs.slice(at, at + each),
      openings: openings.slice(at, at + each),
      reason,
      by: link.identity,
      person: link.person,
    };
    events.push({ type: 'content.erased', data });
  }
  if (events.length === 0) {
    return [];
  }
  const commandId = `erase.${newNonce()}`;
  const { first } = await store.commit({ run: null, expectedVersion: null, commandId, events });
  return events.map((_, at) => first + at);
}
