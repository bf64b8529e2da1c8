import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A file that anybody may have put there. */
export type Foreign =
  | { readonly kind: 'file'; readonly uid: number; readonly bytes: Buffer }
  /** `why` completes `the file …`. */
  | { readonly kind: 'unfit'; readonly why: string }
  | { readonly kind: 'gone' };

/**
 * Reads a file from a folder where others write. Owner, kind and content are those of one descriptor, so
 * that a file put in its place meanwhile changes nothing. A link is not followed, a pipe is not waited
 * for, a file with a second name is refused: the other name may be in a folder of somebody else, who owns
 * what it says and never put it here.
 */
export function readForeign(path: string, limit: number): Foreign {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch (error) {
    return explain(error);
  }
  try {
    const stats = fstatSync(descriptor);
    const why = stats.isFile()
      ? stats.nlink === 1
        ? sizeProblem(stats.size, limit)
        : `has ${stats.nlink} names`
      : 'is no regular file';
    return why === null ? readWhole(descriptor, stats.uid, limit) : { kind: 'unfit', why };
  } finally {
    closeSync(descriptor);
  }
}

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** It may still grow while it is read: never more than the limit. */
function readWhole(descriptor: number, uid: number, limit: number): Foreign {
  const buffer = Buffer.alloc(64 * 1024);
  const pieces: Buffer[] = [];
  let size = 0;
  for (;;) {
    const read = readSync(descriptor, buffer);
    if (read === 0) {
      return { kind: 'file', uid, bytes: Buffer.concat(pieces) };
    }
    pieces.push(Buffer.from(buffer.subarray(0, read)));
    size += read;
    const why = sizeProblem(size, limit);
    if (why !== null) {
      return { kind: 'unfit', why };
    }
  }
}

function sizeProblem(size: number, limit: number): string | null {
  return size > limit ? `is larger than ${limit} bytes` : null;
}

function explain(error: unknown): Foreign {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOENT':
      return { kind: 'gone' };
    case 'ELOOP':
      return { kind: 'unfit', why: 'is a link' };
    case 'ENXIO':
      return { kind: 'unfit', why: 'is no regular file' };
    case 'EACCES':
      return { kind: 'unfit', why: 'may not be read' };
    default:
      return { kind: 'unfit', why: `cannot be opened: ${code}` };
  }
}
