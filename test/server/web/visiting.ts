import { createHash } from 'node:crypto';
import type { Served } from '../served.ts';

/** A person's browser, as far as a server sees it: its cookie, where its calls come from, what it takes. */
export interface Browsing {
  /** What every form of this session carries. */
  readonly csrf: string;
  /** The token's secret. */
  readonly secret: string;
  get(path: string, headers?: Headings): Promise<Page>;
  /** A form of ours, or with other `headers` of somebody else's. `csrf` goes along unless fields have one. */
  post(path: string, fields?: Readonly<Record<string, string>>, headers?: Headings): Promise<Page>;
}

type Headings = Readonly<Record<string, string>>;

export interface Page {
  readonly status: number;
  readonly headers: globalThis.Headers;
  readonly text: string;
  /** `Location`, below our own origin as a path. */
  readonly to: string | null;
}

const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';

/** Logged in as somebody: a session is a token of theirs in a cookie. */
export async function browse(served: Served, id: string): Promise<Browsing> {
  const secret = await served.token({ kind: 'person', id }, ['read', 'decide']);
  return browseWith(served, secret);
}

/** With this in its cookie; with '' nobody is logged in. */
export function browseWith(served: Served, secret: string): Browsing {
  const csrf = createHash('sha256').update(`csrf ${secret}`).digest('base64url');
  const own = secret === '' ? {} : { Cookie: `runbook_session=${secret}` };
  const visit = async (path: string, init: RequestInit): Promise<Page> => {
    const response = await fetch(`${served.origin}${path}`, { redirect: 'manual', ...init });
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      to: response.headers.get('location'),
    };
  };
  return {
    csrf,
    secret,
    get: (path, headers = {}) => visit(path, { headers: { accept, ...own, ...headers } }),
    post: (path, fields = {}, headers = {}) =>
      visit(path, {
        method: 'POST',
        body: new URLSearchParams({ csrf, ...fields }),
        headers: { accept, origin: served.origin, ...own, ...headers },
      }),
  };
}
