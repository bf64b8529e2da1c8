import type { HttpAction } from '../runbook/command.ts';
import { fillIn } from './fill-in.ts';

/** One request as it goes out, secrets in place. */
export interface Message {
  readonly method: string;
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string | null;
}

/** The action's first request. Null where its URL cannot be parsed. */
export function buildMessage(
  { method, url, headers, body }: HttpAction,
  secrets: ReadonlyMap<string, string>,
): Message | null {
  if (!URL.canParse(url)) {
    return null;
  }
  return {
    method: method.toUpperCase(),
    url: new URL(url),
    headers: headers.map(({ name, value }) => [name.toLowerCase(), fillIn(value, secrets)]),
    body: body === null ? null : fillIn(body, secrets),
  };
}

/**
 * In words, why this request may not be made; null where it may. `hosts` holds `host` (any port) or
 * `host:port`, compared whole: no wildcards, no suffixes. Null allows all.
 */
export function findForbidden(
  { url, headers }: Message,
  hosts: readonly string[] | null,
): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `\`${url.protocol}\` is neither http nor https`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'the URL holds a user or a password; use a header';
  }
  if (hosts === null) {
    return null;
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const names = [url.hostname, `${url.hostname}:${port}`];
  if (!hosts.some((host) => names.includes(host.toLowerCase()))) {
    return `\`${url.host}\` is not among the hosts of this environment: ${hosts.join(', ') || 'none'}`;
  }
  // A shared front server may route by this header alone, past the list.
  const foreign = headers.find(([name, value]) => name === 'host' && value !== url.host);
  return foreign === undefined ? null : `its \`host\` header is not \`${url.host}\``;
}

/**
 * The request that follows this answer, where it leads to the same origin; null where it leads nowhere
 * or elsewhere. Methods as in RFC 9110, 15.4: 303 asks with GET, 301 and 302 turn POST into GET as
 * everybody does, 307 and 308 repeat. Same origin means same host, so the host list holds for it too.
 */
export function redirect(
  message: Message,
  { status, location }: { status: number; location: string | undefined },
): Message | null {
  if (
    ![301, 302, 303, 307, 308].includes(status) ||
    location === undefined ||
    !URL.canParse(location, message.url.href)
  ) {
    return null;
  }
  const url = new URL(location, message.url);
  if (url.origin !== message.url.origin || url.username !== '' || url.password !== '') {
    return null;
  }
  const turnsToGet =
    (status === 303 && message.method !== 'HEAD') || (status < 303 && message.method === 'POST');
  if (!turnsToGet) {
    return { ...message, url };
  }
  const headers = message.headers.filter(
    ([name]) => !name.startsWith('content-') && name !== 'transfer-encoding',
  );
  return { method: 'GET', url, headers, body: null };
}
