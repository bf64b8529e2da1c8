import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { JournalError } from '../base/errors.ts';
import { encodeBundle, tileWidth } from '../journal/tiles.ts';
import { proveSubtree } from './log-hashes.ts';
import type { LogView } from './sink.ts';

/** What one call sends: packages up to these, whichever comes first. At least one. */
const maxPackages = 32;
const maxBytes = 4 * 1024 * 1024;

/**
 * The body of C2SP tlog-mirror `add-entries`: entries from `from` on, a bundle at a time, each with the
 * proof that it is in the head of `end` entries. It may be a part; the mirror says where to go on. Throws
 * JournalError `sink_pruned` where the bytes of one are gone.
 */
export async function buildUpload(
  log: LogView,
  { from, end }: { readonly from: number; readonly end: number },
): Promise<{ readonly body: Buffer; readonly encoding: 'gzip' }> {
  const parts = [header(log.origin, from, end)];
  let bytes = 0;
  for (let start = from; start < end && parts.length <= maxPackages && bytes < maxBytes; ) {
    const first = start - (start % tileWidth);
    const to = Math.min(end, first + tileWidth);
    const entries = await wholeEntries(log, start, to);
    const proof = await proveSubtree(log, { from: first, to }, end);
    const each = Buffer.concat([encodeBundle(entries), Buffer.from([proof.length]), ...proof]);
    parts.push(each);
    bytes += each.length;
    start = to;
  }
  return { body: await promisify(gzip)(Buffer.concat(parts)), encoding: 'gzip' };
}

function header(origin: string, from: number, end: number): Buffer {
  const range = Buffer.alloc(18);
  range.writeBigUInt64BE(BigInt(from), 0);
  range.writeBigUInt64BE(BigInt(end), 8);
  // The last two bytes say that there is no ticket.
  return Buffer.concat([encodeBundle([Buffer.from(origin)]), range]);
}

async function wholeEntries(log: LogView, from: number, to: number): Promise<readonly Buffer[]> {
  const entries = await log.entries(from, to);
  const missing = Array.from({ length: to - from }, (_, at) => from + at).find(
    (seq, at) => entries[at]?.seq !== seq,
  );
  if (missing !== undefined) {
    throw new JournalError({
      code: 'sink_pruned',
      message: `a mirror lacks entry ${missing}, which was pruned here`,
      hint: 'start the mirror from the files of another mirror, or leave it out of `sinks`',
    });
  }
  return entries.map(({ bytes }) => bytes);
}
