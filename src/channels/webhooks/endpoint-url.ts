import { isIP } from 'node:net';
import { isLoopback, isPrivate } from './address.ts';

export interface UrlProblem {
  readonly problem: string;
  readonly hint?: string;
}

/**
 * Where events may go: by https, by plain http to this host alone, and to an address of our own networks
 * only where `allowPrivate` says so. A name is held to the same once it is resolved (`address.ts`).
 */
export function parseUrl(written: string, allowPrivate: boolean): URL | UrlProblem {
  if (!URL.canParse(written)) {
    return { problem: `\`${written}\` is not a URL` };
  }
  const url = new URL(written);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isHere = host === 'localhost' || isLoopback(host);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) {
    return { problem: '`url` must begin with `https://`; `http://` reaches this host alone' };
  }
  if (`${url.username}${url.password}${url.hash}` !== '') {
    return { problem: '`url` must have no user, password or `#`' };
  }
  const isOurs = isHere || (isIP(host) !== 0 && isPrivate(host));
  if (isOurs && !allowPrivate) {
    const problem = `\`${host}\` is an address of our own networks`;
    return { problem, hint: 'add `allow_private: true` if that is meant' };
  }
  return url;
}
