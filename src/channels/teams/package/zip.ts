import { crc32 } from 'node:zlib';

/**
 * An archive that is the same bytes for the same files (APPNOTE.TXT 6.3, sections 4.3.7, 4.3.12 and 4.3.16):
 * stored, not compressed, of no time. Names are ASCII.
 */
export function writeZip(files: Readonly<Record<string, Buffer>>): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const common = describe(name, bytes);
    const local = Buffer.concat([u32(0x04034b50), common, Buffer.from(name, 'latin1'), bytes]);
    // No comment, the first disk, no attributes, and where the file begins.
    const rest = Buffer.concat([u16(0), u16(0), u16(0), u32(0), u32(at)]);
    const entry = [u32(0x02014b50), u16(version), common, rest, Buffer.from(name, 'latin1')];
    locals.push(local);
    entries.push(Buffer.concat(entry));
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const count = u16(entries.length);
  const end = [
    u32(0x06054b50),
    u16(0),
    u16(0),
    count,
    count,
    u32(directory.length),
    u32(at),
    u16(0),
  ];
  return Buffer.concat([...locals, directory, ...end]);
}

/** 2.0: files that are stored. */
const version = 20;
/** The first day that there is: 1980-01-01. */
const date = 0x21;

/** What the file and its entry say alike: versions, flags, method, time, sum, sizes, and how long the name is. */
function describe(name: string, bytes: Buffer): Buffer {
  const size = u32(bytes.length);
  const head = [u16(version), u16(0), u16(0), u16(0), u16(date), u32(crc32(bytes))];
  return Buffer.concat([...head, size, size, u16(name.length), u16(0)]);
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
