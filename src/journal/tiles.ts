import { IntegrityError } from '../base/errors.ts';
import { maxLeafBytes } from './leaf.ts';

/**
 * The static layout of a log (C2SP tlog-tiles): whoever has these files has the log, and can check it
 * with tools that know nothing of us. A tile holds up to 256 hashes of one row, a bundle up to 256 entries.
 */

/** Hashes in a whole tile, entries in a whole bundle; a tile of level L stands for rows 8 * L to 8 * L + 7. */
export const tileWidth = 256;

/** Levels of the tree that one tile stands for. */
export const tileHeight = 8;

/** Where the newest signed head lies. */
export const checkpointPath = 'checkpoint';

/** `tile/0/x001/067`, and `tile/0/x001/067.p/12` for one of which only 12 hashes are there. */
export function tilePath(level: number, index: number, width: number = tileWidth): string {
  return `tile/${level}/${placePath(index, width)}`;
}

/** As `tilePath`, for the entries themselves. */
export function bundlePath(index: number, width: number = tileWidth): string {
  return `tile/entries/${placePath(index, width)}`;
}

/** Which tile of a level holds a hash's place, and how many hashes it has in a tree that has `count` in that row. */
export function tileAt(
  count: number,
  index: number,
): { readonly index: number; readonly width: number } {
  const tile = Math.floor(index / tileWidth);
  return { index: tile, width: Math.min(tileWidth, count - tile * tileWidth) };
}

/** A bundle: every entry's bytes behind their length in 16 bits, big-endian. */
export function encodeBundle(entries: readonly Buffer[]): Buffer {
  return Buffer.concat(
    entries.flatMap((bytes) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Throws IntegrityError `E_BUNDLE` where the bytes are not exactly so many entries. */
export function decodeBundle(bundle: Buffer, count: number): readonly Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (entries.length < count) {
    const end =
      at + 2 > bundle.length ? Number.POSITIVE_INFINITY : at + 2 + bundle.readUInt16BE(at);
    if (end > bundle.length || end - at - 2 > maxLeafBytes) {
      throw bundleError(`it ends in entry ${entries.length} of ${count}`);
    }
    entries.push(bundle.subarray(at + 2, end));
    at = end;
  }
  if (at !== bundle.length) {
    throw bundleError(`${bundle.length - at} bytes follow its ${count} entries`);
  }
  return entries;
}

/** Thousands become folders, `x` before all but the last: no folder holds more than a thousand names. */
function placePath(index: number, width: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1000)) {
    const digits = String(rest % 1000).padStart(3, '0');
    groups.unshift(groups.length === 0 ? digits : `x${digits}`);
  }
  return width === tileWidth ? groups.join('/') : `${groups.join('/')}.p/${width}`;
}

function bundleError(message: string): IntegrityError {
  return new IntegrityError({
    code: 'E_BUNDLE',
    message: `a bundle of entries is damaged: ${message}`,
  });
}
