import { JournalError } from '../../base/errors.ts';
import type { BlobId } from '../../base/ids.ts';
import type { Store } from '../../store/store.ts';

/** What an attempt prints, on its way into the journal's blobs. */
export interface Log {
  write(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  finish(): Promise<Kept>;
}

export interface Kept {
  readonly stdout: BlobId | null;
  readonly stderr: BlobId | null;
  /** Why some of it is not there; null where all of it is. */
  readonly lost: string | null;
}

/** Opens a log; `hidden` is one of a step with secret outputs, of which nothing is stored. */
export async function openLog(store: Store, hidden: boolean): Promise<Log> {
  if (hidden) {
    return {
      write: () => undefined,
      finish: () => Promise.resolve({ stdout: null, stderr: null, lost: null }),
    };
  }
  const keepers = { stdout: await openKeeper(store), stderr: await openKeeper(store) };
  return {
    write: (stream, chunk) => {
      keepers[stream].write(chunk);
    },
    finish: async () => {
      const [stdout, stderr] = [await keepers.stdout.finish(), await keepers.stderr.finish()];
      return { stdout: stdout.id, stderr: stderr.id, lost: stdout.lost ?? stderr.lost };
    },
  };
}

/** A blob in the making, for output that nobody can ask to wait. */
export interface Keeper {
  write(chunk: Buffer): void;
  /** `lost` says why there is none, or only a part was taken; both null where nothing was written. */
  finish(): Promise<{ readonly id: BlobId | null; readonly lost: string | null }>;
}

/**
 * Keeps output as long as the disk takes it. A step that runs is not ended because its output finds no
 * room: what it did counts, and closing entries, which say how it ended, have a reserve that blobs do not.
 */
export async function openKeeper(store: Store): Promise<Keeper> {
  let lost: string | null = null;
  const note = (error: unknown): null => {
    if (!(error instanceof JournalError)) {
      throw error;
    }
    lost ??= error.message;
    return null;
  };
  const writer = await store.openBlob().catch(note);
  return {
    write: (chunk) => {
      try {
        if (lost === null) {
          writer?.write(chunk);
        }
      } catch (error) {
        note(error);
      }
    },
    finish: async () => {
      const id = writer === null || lost !== null ? null : await writer.finish().catch(note);
      return { id, lost };
    },
  };
}
