import { tileWidth } from '../journal/tiles.ts';
import type { BodyReader } from './body.ts';

/** What the body of C2SP tlog-mirror `add-entries` begins with. */
export interface UploadHeader {
  readonly origin: string;
  readonly start: number;
  readonly end: number;
}

/** Entries `start <= seq < end` of one bundle, and the proof that the bundle up to `end` is in the log. */
export interface EntryPackage {
  /** Where the bundle begins: a multiple of 256. */
  readonly first: number;
  readonly start: number;
  readonly end: number;
  readonly entries: readonly Buffer[];
  readonly proof: readonly Buffer[];
}

const maxOriginBytes = 1024;
const maxHashes = 63;

/** Null where the body is no such header. The ticket is passed over: nothing is kept in one. */
export async function readHeader(body: BodyReader): Promise<UploadHeader | null> {
  const origin = await readSized(body, maxOriginBytes);
  const range = await body.take(16);
  const ticket = await readSized(body, maxOriginBytes);
  if (origin === null || range === null || ticket === null) {
    return null;
  }
  const [start, end] = [range.readBigUInt64BE(0), range.readBigUInt64BE(8)];
  return start <= end && end <= BigInt(Number.MAX_SAFE_INTEGER)
    ? { origin: origin.toString('utf8'), start: Number(start), end: Number(end) }
    : null;
}

/** The packages that are there whole, in order. What follows the first that is cut off is not looked at. */
export async function* readPackages(
  body: BodyReader,
  { start, end }: UploadHeader,
): AsyncGenerator<EntryPackage> {
  for (let from = start; from < end; ) {
    const first = from - (from % tileWidth);
    const to = Math.min(end, first + tileWidth);
    const entries = await readMany(to - from, () => readSized(body, Number.MAX_SAFE_INTEGER));
    const proof = entries === null ? null : await readProof(body);
    if (entries === null || proof === null) {
      return;
    }
    yield { first, start: from, end: to, entries, proof };
    from = to;
  }
}

async function readProof(body: BodyReader): Promise<readonly Buffer[] | null> {
  const count = (await body.take(1))?.readUInt8();
  return count === undefined || count > maxHashes ? null : readMany(count, () => body.take(32));
}

async function readMany(
  count: number,
  read: () => Promise<Buffer | null>,
): Promise<readonly Buffer[] | null> {
  const items: Buffer[] = [];
  while (items.length < count) {
    const item = await read();
    if (item === null) {
      return null;
    }
    items.push(item);
  }
  return items;
}

/** As many bytes as the two before them say. */
async function readSized(body: BodyReader, most: number): Promise<Buffer | null> {
  const size = (await body.take(2))?.readUInt16BE();
  return size === undefined || size > most ? null : body.take(size);
}
