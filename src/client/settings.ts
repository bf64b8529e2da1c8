import { isAbsolute } from 'node:path';
import { UsageError } from '../base/errors.ts';
import type { ParsedYaml } from '../base/yaml.ts';
import { object } from '../base/yaml-collections.ts';
import { text } from '../base/yaml-scalars.ts';
import { checkDocument, invalid, optional, refine } from '../base/yaml-schema.ts';

/** The server that commands go to. */
export interface ServerSettings {
  /** Without a slash at its end; a path may stand before `/v1`. */
  readonly url: string;
  /** PEM file of the authority that signed the server's certificate; null: those that Node knows. */
  readonly ca: string | null;
}

/** Reads the section `server` of `config.yaml`. Throws InvalidFileError `config_invalid` with its places. */
export function parseServerSection(section: ParsedYaml): ServerSettings {
  return checkDocument(serverSection, section);
}

/**
 * A server as `RUNBOOK_SERVER` or `--server` name it. Throws UsageError `server_invalid`; plain http is
 * for this machine alone, since the token and secret parameters go there.
 */
export function parseServerUrl(written: string): string {
  const url = readUrl(written);
  if ('problem' in url) {
    throw new UsageError({
      code: 'server_invalid',
      message: `\`${written}\` is no server to go to: ${url.problem}`,
      hint: 'such as https://runbook.example.com',
    });
  }
  return url.url;
}

const serverSection = object({
  url: refine(text(), (written, node, place) => {
    const url = readUrl(written);
    if ('url' in url) {
      return url.url;
    }
    place.report(node.at, `\`${place.name}\` is no server to go to: ${url.problem}`);
    return invalid;
  }),
  ca: optional(
    refine(text(), (path, node, place) => {
      if (isAbsolute(path)) {
        return path;
      }
      place.report(node.at, `\`${place.name}\` must be an absolute path, not \`${path}\``);
      return invalid;
    }),
  ),
});

function readUrl(written: string): { readonly url: string } | { readonly problem: string } {
  if (!URL.canParse(written)) {
    return { problem: 'it is not a URL' };
  }
  const url = new URL(written);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return { problem: 'beyond this machine it must be https' };
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return { problem: 'it has more than a host and a path' };
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}

/** `URL` has already written every form of an IPv4 address with four numbers. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
