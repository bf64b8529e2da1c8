import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { JournalError } from '../../base/errors.ts';
import type { ReadAhead, SeenEntry } from '../store.ts';

/** Entries `from <= seq < to`, to be answered in pages of so many. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
  readonly page: number;
}

/** What a reading thread answers: entries in one piece of memory, handed over without a copy. */
export interface LeafPage {
  readonly from: number;
  readonly bytes: ArrayBuffer;
  readonly seqs: Float64Array<ArrayBuffer>;
  /** Where each entry's bytes end. */
  readonly ends: Float64Array<ArrayBuffer>;
  readonly hashes: ArrayBuffer;
  /** 1 where an entry is plainly its own canonical form. */
  readonly canonical: Uint8Array<ArrayBuffer>;
}

/** Pages that a thread is asked for at a time: waking one takes longer than it takes to be told. */
const together = 4;

/** Askings that each thread is ahead: enough to be busy, and little memory. */
const ahead = 2;

/**
 * Threads that read a range of entries page by page, before they are asked for. Null where the program has no
 * such thread beside it: from its sources it has none.
 */
export function openReadAhead(
  file: string,
  of: LeafRange & { readonly threads: number },
): ReadAhead | null {
  const program = fileURLToPath(new URL('./leaf-reader.js', import.meta.url));
  if (!existsSync(program)) {
    return null;
  }
  const workers = Array.from(
    { length: of.threads },
    () => new Worker(program, { workerData: { file } }),
  );
  const pages = openPages();
  for (const worker of workers) {
    worker.on('message', (page: LeafPage) => pages.put(page.from, entriesOf(page)));
    worker.on('error', (cause) => pages.fail(cause));
  }
  let next = of.from;
  let asked = 0;
  let taken = 0;
  const ask = (): void => {
    if (next < of.to) {
      const to = Math.min(next + together * of.page, of.to);
      const range: LeafRange = { from: next, to, page: of.page };
      workers[asked % workers.length]?.postMessage(range);
      next = to;
      asked += 1;
    }
  };
  for (let count = 0; count < ahead * workers.length; count += 1) {
    ask();
  }
  return {
    entries: async (from) => {
      const entries = await pages.take(from);
      taken += 1;
      if (taken % together === 0) {
        ask();
      }
      return entries;
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

interface Pages {
  put(from: number, entries: readonly SeenEntry[]): void;
  fail(cause: unknown): void;
  take(from: number): Promise<readonly SeenEntry[]>;
}

/** Pages that came, and whoever waits for one. */
function openPages(): Pages {
  const come = new Map<number, PromiseWithResolvers<readonly SeenEntry[]>>();
  let failed: JournalError | null = null;
  const placeOf = (from: number): PromiseWithResolvers<readonly SeenEntry[]> => {
    const place = come.get(from) ?? deferred();
    come.set(from, place);
    return place;
  };
  return {
    put: (from, entries) => placeOf(from).resolve(entries),
    fail: (cause) => {
      failed = new JournalError({
        code: 'journal_unreadable',
        message: `a thread that reads the journal ended: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'verify with `--workers 1`',
        cause,
      });
      for (const { reject } of come.values()) {
        reject(failed);
      }
    },
    take: async (from) => {
      if (failed !== null) {
        throw failed;
      }
      return placeOf(from).promise.finally(() => come.delete(from));
    },
  };
}

interface PromiseWithResolvers<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (cause: unknown) => void;
}

function deferred(): PromiseWithResolvers<readonly SeenEntry[]> {
  let settle: Omit<PromiseWithResolvers<readonly SeenEntry[]>, 'promise'> | null = null;
  const promise = new Promise<readonly SeenEntry[]>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Told to whoever takes it; until then nobody listens, which is no fault.
  promise.catch(() => undefined);
  return {
    promise,
    resolve: (value) => settle?.resolve(value),
    reject: (cause) => settle?.reject(cause),
  };
}

function entriesOf(page: LeafPage): readonly SeenEntry[] {
  const { bytes, seqs, ends, hashes, canonical } = page;
  return Array.from(seqs, (seq, at) => {
    const start = ends[at - 1] ?? 0;
    return {
      seq,
      bytes: Buffer.from(bytes, start, (ends[at] ?? start) - start),
      seen: { hash: Buffer.from(hashes, at * 32, 32), isCanonical: canonical[at] === 1 },
    };
  });
}
