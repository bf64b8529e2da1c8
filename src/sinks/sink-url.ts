import { isIP } from 'node:net';
import { text } from '../base/yaml-scalars.ts';
import { invalid, refine, type Schema } from '../base/yaml-schema.ts';

/** Where a sink is: by https, by plain http to this host alone; no user, query or fragment in it. */
export function sinkUrl(example: string): Schema<URL> {
  return refine(text({ example }), (written, node, place) => {
    const url = URL.canParse(written) ? new URL(written) : null;
    if (url === null || `${url.username}${url.password}${url.search}${url.hash}` !== '') {
      const message = `\`${place.name}\` must be a URL without user, password, \`?\` and \`#\``;
      place.report(node.at, message, `as in \`${example}\``);
      return invalid;
    }
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere(url.hostname))) {
      const message = `\`${place.name}\` must begin with \`https://\`; \`http://\` reaches this host alone`;
      place.report(node.at, message);
      return invalid;
    }
    return url;
  });
}

function isHere(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
