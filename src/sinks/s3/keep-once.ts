import { sha256Bytes } from '../../base/digest.ts';
import { JournalError } from '../../base/errors.ts';
import type { Bucket, Hold, Look } from './bucket.ts';
import type { Version } from './versions.ts';

/** An object to be kept under a name for ever. */
export interface Keepsake {
  readonly name: string;
  readonly bytes: Buffer;
}

/** What became of it: the store holds these bytes, or has held others under the name before. */
export type Kept =
  | { readonly kind: 'kept'; readonly look: Look; readonly versions: Versions }
  | { readonly kind: 'other'; readonly bytes: Buffer };

/** How it is held when it is written, and how long what is there must have been. */
export interface Terms {
  readonly hold: Hold;
  readonly retainMs: number;
}

/** The versions of one name. A lock protects versions, not names, so that the oldest is what counts. */
export interface Versions {
  readonly oldest: Version;
  /** Written over it since, and marks of its deletion, newest first: somebody else was here. */
  readonly since: readonly Version[];
}

/** What a store may answer where ours should be. */
const maxBytes = 32 * 1024 * 1024;

/** Stores run by their own clocks; S3 itself refuses who is further off than this. */
const slackMs = 15 * 60_000;

const maxVersions = 100;

/**
 * Writes it where the name is free, and then believes nothing: asks for the retention and the checksum of
 * the version that counts, and reads it back where it was there before or the store keeps no checksum. The
 * versions are asked for first: a deleted name is free to write to, and some stores know no condition.
 * Throws JournalError `sink_unprotected`, `sink_lost`, and what calls to a bucket throw.
 */
export async function keepOnce(
  bucket: Bucket,
  { name, bytes }: Keepsake,
  terms: Terms,
): Promise<Kept> {
  const before = await versionsOf(bucket, name);
  const id = before === null ? await bucket.put(name, bytes, terms.hold) : null;
  const versions =
    id === null
      ? (before ?? (await versionsOf(bucket, name)))
      : { oldest: { kind: 'version' as const, name, id }, since: [] };
  const look = versions === null ? null : await bucket.look(name, versions.oldest.id);
  if (versions === null || look === null) {
    throw lost(name);
  }
  if (id === null || look.checksum !== sha256Bytes(bytes).toString('base64')) {
    const there = await bucket.read(name, versions.oldest.id, maxBytes);
    if (!there.equals(bytes)) {
      return { kind: 'other', bytes: there };
    }
  }
  demandHeld(name, look, terms);
  return { kind: 'kept', look, versions };
}

/** Null where there is no version; marks of deletion alone are none. */
export async function versionsOf(bucket: Bucket, name: string): Promise<Versions | null> {
  const page = await bucket.list({ prefix: name, after: null, max: maxVersions });
  const own = page.filter((version) => version.name === name);
  if (own.length >= maxVersions) {
    throw new JournalError({
      code: 'sink_unprotected',
      message: `\`${name}\` has ${maxVersions} versions or more, so that its oldest is not in sight`,
      hint: 'somebody writes over the copy: find out who has a key that may',
    });
  }
  const at = own.findLastIndex((version) => version.kind === 'version');
  const oldest = own[at];
  return oldest === undefined ? null : { oldest, since: own.filter((_, index) => index !== at) };
}

/** One rule for what is new and what was there: held from the day it was written, as long as is demanded. */
function demandHeld(
  name: string,
  { mode, heldUntilMs, writtenMs }: Look,
  { hold, retainMs }: Terms,
): void {
  const isHard = mode === 'COMPLIANCE' || mode === hold.mode.toUpperCase();
  if (isHard && heldUntilMs >= writtenMs + retainMs - slackMs) {
    return;
  }
  const held = Number.isNaN(heldUntilMs)
    ? 'is not held'
    : `is held by \`${mode ?? 'nothing'}\` until ${new Date(heldUntilMs).toISOString()}`;
  throw new JournalError({
    code: 'sink_unprotected',
    message: `\`${name}\` ${held}, which is less than \`mode\` and \`retain\` demand`,
    hint: 'the bucket must have Object Lock; what an earlier setting wrote, `aws s3api put-object-retention` holds longer',
  });
}

function lost(name: string): JournalError {
  return new JournalError({
    code: 'sink_lost',
    message: `\`${name}\` was accepted, and is not there`,
    hint: 'it is sent again; a store that loses what it accepted is no copy',
  });
}
