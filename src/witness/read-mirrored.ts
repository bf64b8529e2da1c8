import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readIfExists } from '../base/files.ts';
import { tileWidth } from '../journal/tiles.ts';
import { type Answer, plainText } from './answer.ts';
import { cutBundle, cutTile } from './tile-plan.ts';

const octets = 'application/octet-stream';

/** `<SHA-256 of the origin>/…`: nothing else, so that no path leads out of the folder. */
const pathForm =
  /^[0-9a-f]{64}\/(?:checkpoint|(tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/(?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?)$/;

/** A file of a mirrored log as C2SP tlog-tiles serves it; null where there is none under this path. */
export function readMirrored(dir: string, path: string): Answer | null {
  const [matched, tile, level, width] = pathForm.exec(path) ?? [];
  if (matched === undefined) {
    return null;
  }
  const file = readIfExists(join(dir, path));
  if (tile === undefined || level === undefined) {
    return file === null ? null : { status: 200, contentType: plainText, body: file };
  }
  // A tile that was not full once was taken in by a wider one.
  const body =
    file ??
    (width === undefined
      ? null
      : cutFromWider(join(dir, matched.split('/')[0] ?? '', tile), level, Number(width)));
  return body === null ? null : { status: 200, contentType: octets, body };
}

function cutFromWider(tile: string, level: string, width: number): Buffer | null {
  const full = readIfExists(tile);
  const has = full === null ? widest(`${tile}.p`) : tileWidth;
  const wider = full ?? readIfExists(join(`${tile}.p`, String(has)));
  if (wider === null || has < width) {
    return null;
  }
  return level === 'entries' ? cutBundle(wider, has, width) : cutTile(wider, width);
}

function widest(folder: string): number {
  try {
    const widths = readdirSync(folder).map(Number);
    return Math.max(0, ...widths.filter((width) => Number.isSafeInteger(width)));
  } catch {
    return 0;
  }
}
