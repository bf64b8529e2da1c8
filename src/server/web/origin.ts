import type { ServeSettings } from '../settings.ts';

/**
 * Where browsers see this server. A passkey belongs to a name and never to an address, so that a server of
 * this machine alone is `localhost` to them.
 */
export function originOf(
  { url, tls, listen }: Pick<ServeSettings, 'url' | 'tls' | 'listen'>,
  port: number,
): string {
  if (url !== null) {
    return url;
  }
  const scheme = tls === null ? 'http' : 'https';
  const isHere = listen.host === '::1' || listen.host.startsWith('127.');
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return new URL(`${scheme}://${isHere ? 'localhost' : host}:${port}`).origin;
}

/** Whether it leads anywhere: an address that stands for all of a machine's is no name of any. */
export function isNamed(origin: string): boolean {
  return !['0.0.0.0', '[::]'].includes(new URL(origin).hostname);
}

/**
 * This page where cookies and passkeys know it, if it was asked for under another name of this same machine
 * (`127.0.0.1` for `localhost`); null if it is there already, or came by a way that only a proxy knows.
 */
export function canonicalUrl(url: string, origin: string): string | null {
  const [here, there] = [new URL(url), new URL(origin)];
  const isOther =
    here.hostname !== there.hostname &&
    here.port === there.port &&
    isLoopback(here.hostname) &&
    isLoopback(there.hostname);
  return isOther ? `${origin}${here.pathname}${here.search}` : null;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
