import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JournalError } from '../../base/errors.ts';
import { syncDirectory } from '../../base/files.ts';
import { type NotedHead, parseNote } from '../noted-head.ts';

/** What a file holds up to its last checkpoint; behind it may stand what a crash left. */
export interface FileEnd {
  readonly head: NotedHead | null;
  /** Bytes up to and with the newline of that checkpoint. */
  readonly bytes: number;
}

const checkpointLine = '{"checkpoint":';

const chunkBytes = 256 * 1024;

/** What follows a checkpoint is at most one delivery; more is no journal of ours. */
const maxTailBytes = 256 * 1024 * 1024;

/** Opened to be read; null where there is none. Throws JournalError `sink_unreachable`. */
export async function openToRead(path: string): Promise<FileHandle | null> {
  try {
    return await openRegular(path, constants.O_RDONLY);
  } catch (error) {
    if (isMissing(error)) {
      return null;
    }
    throw unusable(path, error);
  }
}

/** Opened to be added to, made where there is none; what lies there must be a file and no link. */
export async function openToAppend(path: string): Promise<FileHandle> {
  const { O_RDWR, O_APPEND, O_CREAT } = constants;
  try {
    const file = await openRegular(path, O_RDWR | O_APPEND | O_CREAT);
    if ((await file.stat()).size === 0) {
      syncDirectory(dirname(path));
    }
    return file;
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Durable, and still what lies under the path: rotated or removed meanwhile, it is not what people keep. */
export async function makeDurable(file: FileHandle, path: string): Promise<void> {
  await file.sync();
  const [own, there] = [await file.stat(), await stat(path).catch(() => null)];
  if (there?.dev !== own.dev || there.ino !== own.ino) {
    throw new JournalError({
      code: 'sink_lost',
      message: `\`${path}\` was moved away while it was written`,
      hint: 'it is sent again, to the file that is there then',
    });
  }
}

/** One line of the file. */
export function line(value: Readonly<Record<string, string | number>>): string {
  return `${JSON.stringify(value)}\n`;
}

/** Whose journal the file has, and which entry is its first: after a rotation that is not the log's first. */
export function firstLine(origin: string, from: number): string {
  return line({ journal: origin, from });
}

/** Where the last checkpoint of this log ends. Throws JournalError `sink_answer` for another log's. */
export async function readEnd(file: FileHandle, path: string, origin: string): Promise<FileEnd> {
  const { size } = await file.stat();
  let tail = Buffer.alloc(0);
  for (let start = size; start > 0; ) {
    const from = Math.max(0, start - chunkBytes);
    tail = Buffer.concat([await readExactly(file, from, start), tail]);
    start = from;
    const found = lastCheckpoint(tail, start === 0);
    if (found !== null) {
      const head = readHead(found.text, origin);
      if (head === null) {
        throw foreign(path);
      }
      return { head, bytes: start + found.end };
    }
    if (tail.length > maxTailBytes) {
      throw foreign(path);
    }
  }
  // What is no beginning of ours is somebody's, and nothing that may be cut.
  const beginning = Buffer.from(firstLine(origin, 0).replace('0}\n', ''));
  const length = Math.min(beginning.length, tail.length);
  if (!tail.subarray(0, length).equals(beginning.subarray(0, length))) {
    throw foreign(path);
  }
  return { head: null, bytes: 0 };
}

/** The last whole line that is a checkpoint. Newlines of entries are escaped, so that one is a line's end. */
function lastCheckpoint(
  tail: Buffer,
  isWhole: boolean,
): { readonly text: string; readonly end: number } | null {
  for (let end = tail.lastIndexOf(0x0a); end >= 0; ) {
    const before = end === 0 ? -1 : tail.lastIndexOf(0x0a, end - 1);
    if (before < 0 && !isWhole) {
      return null;
    }
    const isCheckpoint = tail.subarray(before + 1).indexOf(checkpointLine) === 0;
    if (isCheckpoint) {
      return { text: tail.toString('utf8', before + 1, end), end: end + 1 };
    }
    end = before;
  }
  return null;
}

function readHead(text: string, origin: string): NotedHead | null {
  try {
    const { checkpoint } = JSON.parse(text) as { readonly checkpoint?: unknown };
    return typeof checkpoint === 'string' ? parseNote(checkpoint, origin) : null;
  } catch {
    return null;
  }
}

async function readExactly(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(to - from), 0, to - from, from);
  return buffer.subarray(0, bytesRead);
}

async function openRegular(path: string, flags: number): Promise<FileHandle> {
  // A pipe would wait for its other end.
  const file = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o640);
  if (!(await file.stat()).isFile()) {
    await file.close();
    throw new Error('it is no file');
  }
  return file;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Also for what goes wrong while it is written: a full disk. */
export function unusable(path: string, cause: unknown): JournalError {
  return new JournalError({
    code: 'sink_unreachable',
    message: `\`${path}\` cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'its folder must be there, and this account must be able to write to it',
    cause,
  });
}

function foreign(path: string): JournalError {
  return new JournalError({
    code: 'sink_answer',
    message: `\`${path}\` is no copy of this journal`,
    hint: 'name another file, or move this one away',
  });
}
