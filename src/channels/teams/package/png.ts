import { crc32, deflateSync } from 'node:zlib';

/** Red, green, blue and how opaque, 0 to 255 each. */
export type Colour = readonly [number, number, number, number];

/** A square picture, its colour asked for at the middle of each pixel (PNG, W3C, third edition). */
export function writePng(size: number, colourAt: (x: number, y: number) => Colour): Buffer {
  const row = (y: number): Buffer =>
    // Every row says first by which filter it was written: none.
    Buffer.from([0, ...Array.from({ length: size }, (_, x) => colourAt(x + 0.5, y + 0.5)).flat()]);
  const pixels = Buffer.concat(Array.from({ length: size }, (_, y) => row(y)));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // Eight bits for each of red, green, blue and alpha; not interlaced.
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)]);
}
