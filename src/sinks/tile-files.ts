import { join, resolve } from 'node:path';
import { JournalError, UsageError } from '../base/errors.ts';
import { readIfExists } from '../base/files.ts';
import { maxLeafBytes } from '../journal/leaf.ts';
import { tileWidth } from '../journal/tiles.ts';
import { callHttp } from './http.ts';

/** The files of a log's static layout (`journal/tiles.ts`), one by one; null for one that is not there. */
export interface TileFiles {
  /** Where they lie, in words. */
  readonly place: string;
  read(path: string): Promise<Buffer | null>;
}

/** The largest file of the layout: a bundle of the largest entries. */
const maxBytes = tileWidth * (maxLeafBytes + 2);

/** How long one file may take: whoever serves the copy must not keep its reader for ever. */
const timeoutMs = 30_000;

/** A folder, or an address over HTTP. Throws UsageError `copy_address`. */
export function openTileFiles(location: string, cwd: string): TileFiles {
  if (!/^[a-z]+:\/\//i.test(location)) {
    const folder = resolve(cwd, location);
    return { place: folder, read: async (path) => readIfExists(join(folder, path)) };
  }
  const base = parseBase(location);
  return { place: base.href, read: (path) => fetchFile(new URL(path, base)) };
}

/** What follows the last slash would be replaced by the first file's name. */
function parseBase(location: string): URL {
  const base = URL.canParse(location) ? new URL(location) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.search !== '' || base.hash !== '') {
    throw new UsageError({
      code: 'copy_address',
      message: `\`${location}\` is not the address of a copy`,
      hint: 'name a folder, or an `https://` address without query',
    });
  }
  base.pathname = base.pathname.replace(/\/*$/, '/');
  return base;
}

async function fetchFile(url: URL): Promise<Buffer | null> {
  const signal = AbortSignal.timeout(timeoutMs);
  const { status, body } = await callHttp({ method: 'GET', url, maxBytes, signal });
  if (status === 404 || status === 410) {
    return null;
  }
  if (status !== 200) {
    throw new JournalError({
      code: 'copy_unreadable',
      message: `\`${url.href}\` answered ${status}`,
      hint: 'verify again once the copy can be read',
    });
  }
  return body;
}
