import { JournalError } from '../../base/errors.ts';
import { checkpointPath } from '../../journal/tiles.ts';
import { type NotedHead, parseNote } from '../noted-head.ts';
import type { Bucket } from './bucket.ts';
import { type Versions, versionsOf } from './keep-once.ts';

/** A checkpoint that stands in a bucket. */
export interface FoundCheckpoint {
  readonly name: string;
  readonly head: NotedHead;
  readonly versions: Versions;
}

/** Names sort as sizes do: as many digits as the largest size has. */
const digits = 16;

const largest = Number.MAX_SAFE_INTEGER;

/** Notes are some hundred bytes, with a hundred cosignatures some thousand. */
const maxNoteBytes = 64 * 1024;

/** Names asked for at a time. */
const pageSize = 200;

/** More junk than this between the newest checkpoint and the end is an attack that people must look at. */
const maxJunk = 16;

/** `checkpoint/0000000000000123`: the head of that size, as it was when it was delivered. */
export function checkpointName(root: string, size: number): string {
  return `${root}/${checkpointPath}/${String(size).padStart(digits, '0')}`;
}

/**
 * The newest checkpoint of a log below `root`, found by asking for the names after one: a question where there
 * are few, some twenty where there are millions. `onJunk` is told of names that hold no note of this log.
 */
export async function newestCheckpoint(
  bucket: Bucket,
  { root, origin }: { readonly root: string; readonly origin: string },
  onJunk: (name: string) => void,
): Promise<FoundCheckpoint | null> {
  let most = largest;
  for (let junk = 0; junk < maxJunk; junk += 1) {
    const size = await newestSize(bucket, root, most);
    if (size === null) {
      return null;
    }
    const name = checkpointName(root, size);
    const found = await readCheckpoint(bucket, name, origin);
    if (found?.head.size === size) {
      return found;
    }
    onJunk(name);
    most = size - 1;
  }
  return null;
}

/** The oldest version of a checkpoint; null where there is none, or one that is no note of this log. */
async function readCheckpoint(
  bucket: Bucket,
  name: string,
  origin: string,
): Promise<FoundCheckpoint | null> {
  const versions = await versionsOf(bucket, name);
  const bytes =
    versions === null ? null : await bucket.read(name, versions.oldest.id, maxNoteBytes);
  const head = bytes === null ? null : parseNote(bytes, origin);
  return versions === null || head === null ? null : { name, head, versions };
}

/** Looks further ahead each time there is something, and halves the rest once there is nothing. */
async function newestSize(bucket: Bucket, root: string, most: number): Promise<number | null> {
  const first = await sizesAfter(bucket, { root, size: -1, most });
  if (first.newest === null || first.isLast) {
    return first.newest;
  }
  let [least, end, step] = [first.newest, most, pageSize];
  while (least < end) {
    const middle = least + Math.min(step, Math.floor((end - least) / 2));
    const { newest, isLast } = await sizesAfter(bucket, { root, size: middle, most: end });
    if (newest !== null && isLast) {
      return newest;
    }
    least = newest ?? least;
    end = newest === null ? middle : end;
    step *= 2;
  }
  return least;
}

/** The newest on the page of checkpoints above `size` and up to `most`, and whether there are more behind it. */
async function sizesAfter(
  bucket: Bucket,
  { root, size, most }: { readonly root: string; readonly size: number; readonly most: number },
): Promise<{ readonly newest: number | null; readonly isLast: boolean }> {
  const prefix = `${root}/${checkpointPath}/`;
  // Some stores begin with the marker's own name, where S3 begins behind it: no name of ours ends so.
  const after = size < 0 ? null : `${checkpointName(root, size)}~`;
  const page = await bucket.list({ prefix, after, max: pageSize });
  const names = page.map(({ name }) => name.slice(prefix.length));
  const sizes = names.filter((name) => /^\d{16}$/.test(name)).map(Number);
  const within = sizes.filter((found) => found > size && found <= most);
  const isLast = page.length < pageSize || sizes.some((found) => found > most);
  if (within.length === 0 && !isLast) {
    throw new JournalError({
      code: 'sink_answer',
      message: `what stands under \`${prefix}\` is more than checkpoints`,
      hint: 'somebody else writes there: find out who has a key that may',
    });
  }
  return { newest: within.at(-1) ?? null, isLast };
}
