import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lazy } from '../../base/lazy.ts';

/** A file that pages name, under a path that changes with its content: it may be kept for ever. */
export interface Asset {
  readonly path: string;
  readonly body: string;
  readonly type: string;
}

/** The stylesheet and the script; read once. */
export const assets = lazy(() => ({
  style: readAsset('style.css', 'text/css; charset=utf-8'),
  script: readAsset('page.js', 'text/javascript; charset=utf-8'),
}));

function readAsset(name: string, type: string): Asset {
  const body = readBeside(name);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
  return { path: `/assets/${hash}/${name}`, body, type };
}

/** In the bundle they lie beside it; among the sources in the pages' own folder. */
function readBeside(name: string): string {
  try {
    return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
  } catch {
    return readFileSync(new URL(`../../pages/assets/${name}`, import.meta.url), 'utf8');
  }
}
