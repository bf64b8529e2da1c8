import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Context, Hono } from 'hono';
import { lazy } from '../../base/lazy.ts';
import type { Env } from '../route.ts';

/** A file that pages name, under a path that changes with its content: it may be kept for ever. */
export interface Asset {
  readonly path: string;
  readonly body: string;
  /** Nothing in it is secret, so that compressing it tells nothing. Pages are never compressed. */
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly type: string;
}

/** The stylesheet and the scripts; read once. */
const assets = lazy(() => ({
  style: readAsset('style.css', 'text/css; charset=utf-8'),
  scripts: ['page.js', 'live.js'].map((name) => readAsset(name, 'text/javascript; charset=utf-8')),
}));

/** What a page names in its head. */
export function assetPaths(): { readonly style: string; readonly scripts: readonly string[] } {
  const { style, scripts } = assets();
  return { style: style.path, scripts: scripts.map(({ path }) => path) };
}

export function mountAssets(app: Hono<Env>): void {
  const { style, scripts } = assets();
  for (const asset of [style, ...scripts]) {
    app.get(asset.path, (context) => {
      context.set('route', '/assets');
      return answerAsset(asset, context);
    });
  }
  // Browsers ask for it by themselves.
  app.get('/favicon.ico', (context) => {
    context.set('route', '/assets');
    context.header('Cache-Control', 'public, max-age=86400');
    return context.body(null, 204);
  });
}

function answerAsset({ body, gzipped, type }: Asset, context: Context<Env>): Response {
  context.header('Content-Type', type);
  context.header('Cache-Control', 'public, max-age=31536000, immutable');
  context.header('Vary', 'Accept-Encoding');
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? '')) {
    return context.body(body);
  }
  context.header('Content-Encoding', 'gzip');
  return context.body(gzipped);
}

function readAsset(name: string, type: string): Asset {
  const body = readBeside(name);
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
  return { path: `/assets/${hash}/${name}`, body, gzipped: new Uint8Array(gzipSync(body)), type };
}

/** In the bundle they lie beside it; among the sources in the pages' own folder. */
function readBeside(name: string): string {
  try {
    return readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
  } catch {
    return readFileSync(new URL(`../../pages/assets/${name}`, import.meta.url), 'utf8');
  }
}
