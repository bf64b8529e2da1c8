import { isUtf8 } from 'node:buffer';
import { parentPort, workerData } from 'node:worker_threads';
import { isPlainlyCanonical } from '../../base/jcs-scan.ts';
import { leafHash } from '../../journal/leaf.ts';
import { loadDriver } from './driver.ts';
import type { LeafPage, LeafRange } from './read-ahead.ts';

// A thread of its own, and an entry of the bundle: reads pages of entries, hashes them, and sees whether they
// are canonical. It opens the database for reading alone.

const { file } = workerData as { readonly file: string };
const database = new (loadDriver())(file, { readonly: true, timeout: 5000 });
// Each page is read once.
database.pragma('cache_size = -500');
const select = database.prepare<[number, number], { seq: number; bytes: Buffer }>(
  'select seq, bytes from entries where seq >= ? and seq < ? order by seq',
);

parentPort?.on('message', ({ from, to, page }: LeafRange) => {
  for (let next = from; next < to; next += page) {
    send(readPage(next, select.all(next, Math.min(next + page, to))));
  }
});

function send(page: LeafPage): void {
  const { bytes, seqs, ends, hashes, canonical } = page;
  parentPort?.postMessage(page, [bytes, seqs.buffer, ends.buffer, hashes, canonical.buffer]);
}

function readPage(from: number, rows: readonly { seq: number; bytes: Buffer }[]): LeafPage {
  const bytes = new ArrayBuffer(rows.reduce((sum, row) => sum + row.bytes.length, 0));
  const hashes = new ArrayBuffer(rows.length * 32);
  const [into, intoHashes] = [Buffer.from(bytes), Buffer.from(hashes)];
  const [seqs, ends] = [new Float64Array(rows.length), new Float64Array(rows.length)];
  const canonical = new Uint8Array(rows.length);
  let end = 0;
  for (const [at, row] of rows.entries()) {
    row.bytes.copy(into, end);
    end += row.bytes.length;
    seqs[at] = row.seq;
    ends[at] = end;
    leafHash(row.bytes).copy(intoHashes, at * 32);
    canonical[at] = isUtf8(row.bytes) && isPlainlyCanonical(row.bytes) ? 1 : 0;
  }
  return { from, bytes, seqs, ends, hashes, canonical };
}
