import { IntegrityError } from '../base/errors.ts';
import type { RunId, Sha256 } from '../base/ids.ts';
import { decodeLeaf, type Leaf, leafHash } from '../journal/leaf.ts';
import { enrolmentTypes } from './enrolment-events.ts';
import type { Event, EventType, Recorded } from './events.ts';
import { trailTypes } from './trail-events.ts';

const known: Readonly<Record<EventType, true>> = {
  'log.genesis': true,
  'config.set': true,
  'run.started': true,
  'run.resumed': true,
  'run.cancel_requested': true,
  'run.finished': true,
  'step.skipped': true,
  'step.denied': true,
  'step.started': true,
  'step.finished': true,
  'step.unknown': true,
  'step.resolved': true,
  'step.late': true,
  'approval.requested': true,
  'approval.decided': true,
  'approval.expired': true,
  'approval.superseded': true,
  'approval.reminded': true,
  'manual.asked': true,
  'manual.done': true,
  'grant.revoked': true,
  'break_glass.reviewed': true,
  'token.issued': true,
  'token.revoked': true,
  ...enrolmentTypes,
  ...trailTypes,
};

/** Every type of entry, as the journal's manual lists them. */
export const eventTypes: readonly EventType[] = Object.keys(known) as EventType[];

/**
 * Reads stored bytes as an event. The leaf's own words count, not the row they came from. Throws
 * IntegrityError `E_LEAF` where the bytes are no leaf or the type is not known to this version.
 */
export function recordedOf(entry: { readonly seq: number; readonly bytes: Buffer }): Recorded {
  return recordedFrom(decodeLeaf(entry.bytes), entry);
}

/** As `recordedOf`, for whoever needs the leaf too, or knows its hash. */
export function recordedFrom(
  leaf: Leaf,
  entry: { readonly seq: number; readonly bytes: Buffer },
  hash: Buffer = leafHash(entry.bytes),
): Recorded {
  if (leaf.seq !== entry.seq) {
    throw new IntegrityError({
      code: 'E_SEQ',
      message: `entry ${entry.seq} says that it is entry ${leaf.seq}`,
    });
  }
  if (!Object.hasOwn(known, leaf.type)) {
    throw new IntegrityError({
      code: 'E_LEAF',
      message: `entry ${leaf.seq} has the unknown type \`${leaf.type}\``,
      hint: 'a newer runbook may have written it: upgrade this one',
    });
  }
  return {
    seq: leaf.seq,
    time: leaf.time,
    run: leaf.run as RunId | null,
    // Our own writer's shapes, under our own signature: whoever reads an unproven journal must expect otherwise.
    event: { type: leaf.type, data: leaf.data } as unknown as Event,
    hash: hash.toString('hex') as Sha256,
  };
}
