/** A browser without scripts: cookies of each host, redirects, forms. What it shows is the last answer. */
export interface PlainBrowser {
  readonly cookies: Map<string, string>;
  /** Follows redirects, and pages that go on by themselves; stops before addresses that `until` begins. */
  get(url: string, until?: string): Promise<Shown>;
  /** As a page of this origin would send its form. */
  post(url: string, fields: Readonly<Record<string, string>>, more?: Sent): Promise<Shown>;
  /** Sends the first form of what is shown, with what its fields hold and these beside. */
  submit(shown: Shown, fields?: Readonly<Record<string, string>>, until?: string): Promise<Shown>;
}

export interface Shown {
  /** Where it came to. */
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Sent {
  readonly origin?: string;
  readonly until?: string;
  readonly json?: boolean;
}

export function openPlainBrowser(): PlainBrowser {
  const cookies = new Map<string, string>();
  const go = async (url: string, init: RequestInit, until: string | undefined): Promise<Shown> => {
    const response = await fetch(url, {
      ...init,
      headers: withCookies(init, url),
      redirect: 'manual',
    });
    keepCookies(cookies, url, response.headers);
    const text = await response.text();
    const next = nextOf(response);
    if (next === null) {
      return { url, status: response.status, headers: response.headers, text };
    }
    const target = new URL(next, url).href;
    return until !== undefined && target.startsWith(until)
      ? { url: target, status: response.status, headers: response.headers, text }
      : go(target, { headers: { accept: 'text/html' } }, until);
  };
  const withCookies = (init: RequestInit, url: string): Headers => {
    const headers = new Headers(init.headers);
    const { host } = new URL(url);
    const own = [...cookies].filter(([name]) => name.startsWith(`${host} `));
    if (own.length > 0) {
      headers.set(
        'cookie',
        own.map(([name, value]) => `${name.slice(host.length + 1)}=${value}`).join('; '),
      );
    }
    return headers;
  };
  const post: PlainBrowser['post'] = (url, fields, { origin, until, json = false } = {}) =>
    go(
      url,
      {
        method: 'POST',
        headers: {
          origin: origin ?? new URL(url).origin,
          accept: json ? 'application/json' : 'text/html',
          'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
        },
        body: json ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
      },
      until,
    );
  return {
    cookies,
    get: (url, until) => go(url, { headers: { accept: 'text/html' } }, until),
    post,
    submit: (shown, fields = {}, until) => {
      const { action, hidden } = firstForm(shown);
      return post(action, { ...hidden, ...fields }, until === undefined ? {} : { until });
    },
  };
}

/** By `Location`, or by `Refresh` at once. */
function nextOf({ status, headers }: Response): string | null {
  if (status >= 300 && status < 400) {
    return headers.get('location');
  }
  return /^0;url=(.*)$/.exec(headers.get('refresh') ?? '')?.[1] ?? null;
}

function keepCookies(jar: Map<string, string>, url: string, headers: Headers): void {
  const { host } = new URL(url);
  for (const cookie of headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (value === '' || /;\s*max-age=0/i.test(cookie)) {
      jar.delete(`${host} ${name}`);
    } else {
      jar.set(`${host} ${name}`, value);
    }
  }
}

function firstForm({ url, text }: Shown): {
  readonly action: string;
  readonly hidden: Readonly<Record<string, string>>;
} {
  const [, head, body] = /<form([^>]*)>([^]*?)<\/form>/.exec(text) ?? [];
  if (head === undefined || body === undefined) {
    throw new Error(`no form on ${url}:\n${text}`);
  }
  const inputs = [...body.matchAll(/<input[^>]*>/g)].map(([tag]) => tag);
  return {
    action: new URL(attribute(head, 'action') ?? '', url).href,
    hidden: Object.fromEntries(
      inputs.flatMap((tag) => {
        const [name, value] = [attribute(tag, 'name'), attribute(tag, 'value')];
        return name === null || value === null ? [] : [[name, value]];
      }),
    ),
  };
}

function attribute(tag: string, name: string): string | null {
  const found = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return found === undefined ? null : found.replaceAll('&amp;', '&').replaceAll('&#39;', "'");
}

/** Types a name and a password at the issuer of the tests, and consents. */
export async function logInAt(
  browser: PlainBrowser,
  shown: Shown,
  { name, until }: { readonly name: string; readonly until?: string },
): Promise<Shown> {
  const asked = await browser.submit(shown, { login: name, password: 'whatever' }, until);
  return /name="prompt" value="consent"/.test(asked.text)
    ? browser.submit(asked, {}, until)
    : asked;
}

/** Opens the address that a terminal shows, says that the code is theirs, and logs in. */
export async function logInForDevice(address: string, name: string): Promise<Shown> {
  const browser = openPlainBrowser();
  const asked = await browser.submit(await browser.get(address));
  return logInAt(browser, await browser.submit(asked), { name });
}
