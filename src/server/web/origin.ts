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
  const isHere = listen.host === '::1' || /^127\./.test(listen.host);
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return new URL(`${scheme}://${isHere ? 'localhost' : host}:${port}`).origin;
}
