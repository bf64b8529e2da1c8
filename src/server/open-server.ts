import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { getRequestListener } from '@hono/node-server';
import { UsageError } from '../base/errors.ts';
import type { ServeSettings } from './settings.ts';

type Fetch = Parameters<typeof getRequestListener>[0];

/**
 * A socket that listens. Slow clients are cut off: headers, the whole call and silence each have their
 * time, and there are only so many connections. Throws UsageError `listen_failed`, `tls_unreadable`.
 */
export async function openServer(
  fetch: Fetch,
  { listen, tls, limits }: Pick<ServeSettings, 'listen' | 'tls' | 'limits'>,
): Promise<{ readonly server: Server; readonly address: ServeSettings['listen'] }> {
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false });
  const answer: Parameters<typeof createServer>[1] = (incoming, outgoing) => {
    void listener(incoming, outgoing);
  };
  const options = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
    // How often Node looks for those who are late.
    connectionsCheckingInterval: Math.min(1000, limits.headersMs),
  };
  const server =
    tls === null
      ? createServer(options, answer)
      : createTlsServer({ ...options, ...readTls(tls), minVersion: 'TLSv1.2' }, answer);
  server.maxConnections = limits.connections;
  await bind(server, listen);
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : listen.port;
  return { server, address: { host: listen.host, port } };
}

function bind(server: Server, { host, port }: ServeSettings['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new UsageError({
          code: 'listen_failed',
          message: `cannot listen on \`${host}:${port}\`: ${cause.code ?? cause.message}`,
          hint: 'is another server there? `--listen HOST:PORT` takes another place',
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

function readTls(files: NonNullable<ServeSettings['tls']>): { cert: Buffer; key: Buffer } {
  try {
    const pair = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    throw new UsageError({
      code: 'tls_unreadable',
      message: `\`${files.cert}\` and \`${files.key}\` are not a certificate and its key`,
      hint: 'both are PEM files that the account of the server can read',
      cause,
    });
  }
}
