import { sha256 } from '../../base/digest.ts';
import { canonicalize } from '../../base/jcs.ts';
import { emptyRoot } from '../../journal/merkle.ts';
import { tileWidth } from '../../journal/tiles.ts';
import { parseNote } from '../noted-head.ts';
import type { SinkReader } from '../open-sinks.ts';
import { type Delivery, type LogView, type SinkAnswer, SinkConflict, saysHead } from '../sink.ts';
import { type Bucket, openBucket } from './bucket.ts';
import { checkpointName, type FoundCheckpoint, newestCheckpoint } from './checkpoints.ts';
import {
  type Keepsake,
  type Kept,
  keepOnce,
  type Terms,
  type Versions,
  versionsOf,
} from './keep-once.ts';
import { logObjects } from './log-objects.ts';
import { parseS3 } from './settings.ts';
import { shareOut } from './share-out.ts';

/** Objects that are on their way at a time. */
const width = 4;

/** Entries a delivery has at most, in whole bundles. */
const batch = 8 * tileWidth;

/**
 * The log in tlog-tiles layout in a bucket with Object Lock, below `prefix/<SHA-256 of the origin>`. Every
 * object is written once and held from then on; bundles come first, then tiles, then `checkpoint/<size>`,
 * so that whoever finds a checkpoint finds all that it covers. Acknowledged is what the store, asked again,
 * says that it holds.
 */
export const s3Sink: SinkReader = ({ name, section }) => {
  const settings = parseS3(section);
  return (deps) => {
    const open = (log: LogView, signal: AbortSignal): Visit => ({
      sink: name,
      bucket: openBucket({ sink: name, settings, deps }, signal),
      root: `${settings.prefix}/${sha256(log.origin)}`,
      log,
      alarm: (what, object) => deps.log({ event: 'sink_alarm', sink: name, what, object }),
    });
    const terms = (): Terms => {
      const untilMs = deps.clock.now().wallMs + settings.retainMs;
      return { hold: { mode: settings.mode, untilMs }, retainMs: settings.retainMs };
    };
    return {
      name,
      kind: 's3',
      counts: true,
      wants: 'head',
      batch,
      address: `s3 ${settings.endpoint.origin} ${settings.bucket}`,
      head: async (log, signal) => saysHead((await findNewest(open(log, signal)))?.head ?? null),
      deliver: async (delivery, signal) => {
        const stop = new AbortController();
        try {
          const both = AbortSignal.any([signal, stop.signal]);
          return await deliver(open(delivery.log, both), delivery, terms());
        } finally {
          // What else is on its way where one object failed.
          stop.abort();
        }
      },
    };
  };
};

/** One visit to the bucket, in one log's name. */
interface Visit {
  readonly sink: string;
  readonly bucket: Bucket;
  readonly root: string;
  readonly log: LogView;
  readonly alarm: (what: string, object: string) => void;
}

async function deliver(
  visit: Visit,
  { from, head, log }: Delivery,
  terms: Terms,
): Promise<SinkAnswer> {
  const { bucket, root } = visit;
  // A bucket that was emptied, or put in the place of another, must not look as if it had what came before.
  if (from > 0 && (await versionsOf(bucket, checkpointName(root, from))) === null) {
    return { elsewhere: (await findNewest(visit))?.head ?? null };
  }
  await shareOut(logObjects(log, from, head.size), width, async ({ path, bytes }) => {
    await keep(visit, { name: `${root}/${path}`, bytes }, terms);
  });
  const name = checkpointName(root, head.size);
  const { look, versions } = await keep(visit, { name, bytes: Buffer.from(head.note) }, terms);
  await refuseFork(visit, { name, head, versions });
  const evidence = canonicalize({
    object: name,
    version: versions.oldest.id,
    mode: look.mode,
    held_until: new Date(look.heldUntilMs).toISOString(),
  });
  return { size: head.size, root: head.root, anchor: { kind: 'copy', evidence } };
}

/** Throws SinkConflict `E_FORK` where the name holds something else. */
async function keep(
  visit: Visit,
  object: Keepsake,
  terms: Terms,
): Promise<Extract<Kept, { kind: 'kept' }>> {
  const kept = await keepOnce(visit.bucket, object, terms);
  if (kept.kind === 'other') {
    throw await conflict(visit, object, kept.bytes);
  }
  tellOfLater(visit, object.name, kept.versions);
  return kept;
}

/** The newest checkpoint there. Throws SinkConflict where its name holds two heads. */
async function findNewest(visit: Visit): Promise<FoundCheckpoint | null> {
  const { bucket, root, log, alarm } = visit;
  const found = await newestCheckpoint(bucket, { root, origin: log.origin }, (name) =>
    alarm('no checkpoint of this log', name),
  );
  if (found !== null) {
    tellOfLater(visit, found.name, found.versions);
    await refuseFork(visit, found);
  }
  return found;
}

function tellOfLater({ alarm }: Visit, name: string, { since }: Versions): void {
  for (const { kind } of since) {
    alarm(kind === 'version' ? 'a second version' : 'a delete marker', name);
  }
}

/** A later version of a checkpoint counts for nothing, unless it shows that there are two histories. */
async function refuseFork(
  { sink, bucket, log }: Visit,
  { name, head, versions }: FoundCheckpoint,
): Promise<void> {
  for (const { kind, id } of versions.since) {
    const other =
      kind === 'version' ? parseNote(await bucket.read(name, id, 64 * 1024), log.origin) : null;
    if (other !== null && !(other.size === head.size && other.root.equals(head.root))) {
      throw new SinkConflict('E_FORK', {
        sink,
        message: `\`${name}\` has two versions, over two histories`,
        theirs: other,
      });
    }
  }
}

/** What the object says for itself where it is a checkpoint; else the newest one that stands there. */
async function conflict(visit: Visit, { name }: Keepsake, bytes: Buffer): Promise<SinkConflict> {
  const { bucket, root, log, sink } = visit;
  const said =
    parseNote(bytes, log.origin) ??
    (await newestCheckpoint(bucket, { root, origin: log.origin }, () => {}))?.head;
  return new SinkConflict('E_FORK', {
    sink,
    message: `\`${name}\` holds other bytes than this journal`,
    theirs: said ?? { size: 0, root: emptyRoot(), note: null },
  });
}
