import { UsageError } from '../base/errors.ts';
import type { ParsedYaml } from '../base/yaml.ts';
import { list, object } from '../base/yaml-collections.ts';
import { duration, integer, text } from '../base/yaml-scalars.ts';
import { checkDocument, invalid, optional, refine } from '../base/yaml-schema.ts';
import type { Rate } from './rate.ts';

/** How this host serves the API: `serve` in `config.yaml`, and the flags of `runbook serve` over it. */
export interface ServeSettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** PEM files; null where it serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Where people reach this server from outside; null where that was not said. */
  readonly url: string | null;
  /** Runs worked on at the same time. */
  readonly workers: number;
  /** Of each token, and of each address without one. */
  readonly rate: Rate;
  /** Bytes. */
  readonly bodyLimit: number;
  /** How long steps that run may go on once the server stops. */
  readonly graceMs: number;
  /** Journals of other hosts that are remembered and kept here, under `/mirror`; null for none. */
  readonly mirror: MirrorSettings | null;
  readonly limits: Limits;
}

export interface MirrorSettings {
  /** Verifier keys. */
  readonly logs: readonly string[];
  /** Null is `mirror` in the state directory. */
  readonly dir: string | null;
  /** What its keys are named; null is HOST/witness. */
  readonly name: string | null;
}

/** What a slow or silent client is given; nobody has had a reason to set these in a file. */
export interface Limits {
  /** For all headers, and for the whole call, from its first byte. */
  readonly headersMs: number;
  readonly requestMs: number;
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** Calls and streams of one token that are open at a time. */
  readonly perToken: number;
  /** A sign of life on a stream where nothing happens. */
  readonly heartbeatMs: number;
  /** How long a stream's reader may take nothing. */
  readonly stallMs: number;
  /** A stream's reader comes back after this long, and shows its token again. */
  readonly streamMs: number;
}

export interface ServeFlags {
  readonly listen?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly url?: string | undefined;
  readonly allowPlainHttp?: boolean | undefined;
}

export const defaultLimits: Limits = {
  headersMs: 10_000,
  requestMs: 30_000,
  keepAliveMs: 10_000,
  headerBytes: 16 * 1024,
  connections: 2000,
  perToken: 200,
  heartbeatMs: 15_000,
  stallMs: 30_000,
  streamMs: 600_000,
};

/**
 * Throws InvalidFileError for what is written wrong, and UsageError `listen_invalid`, `url_invalid`,
 * `tls_incomplete`, `tls_missing`.
 */
export function readServeSettings(section: ParsedYaml | null, flags: ServeFlags): ServeSettings {
  const written = section === null ? defaults : checkDocument(serveFile, section);
  const tls = tlsOf(flags) ?? written.tls;
  const listen = flags.listen === undefined ? written.listen : flagged(parseListen, flags.listen);
  if (tls === null && flags.allowPlainHttp !== true && !isLoopback(listen.host)) {
    throw tlsMissing(listen.host);
  }
  return {
    listen,
    tls,
    url: flags.url === undefined ? written.url : flagged(parseUrl, flags.url),
    workers: written.workers,
    // A quiet client may make up for ten seconds at once.
    rate: { perMinute: written.rate.per_minute, burst: Math.max(10, written.rate.per_minute / 6) },
    bodyLimit: written.body_limit,
    graceMs: written.grace,
    mirror: written.mirror,
    limits: defaultLimits,
  };
}

/** `HOST:PORT`, `[::1]:7878`; port 0 is any that is free. */
const parseListen = {
  code: 'listen_invalid',
  expected: 'HOST:PORT, such as `127.0.0.1:7878` or `[::1]:7878`',
  parse(written: string): ServeSettings['listen'] | null {
    const [, six, host, port] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(written) ?? [];
    const name = six ?? host;
    return name === undefined || Number(port) > 65_535 ? null : { host: name, port: Number(port) };
  },
};

const parseUrl = {
  code: 'url_invalid',
  expected: 'where people reach it, such as `https://runbook.example.com`',
  parse(written: string): string | null {
    if (!URL.canParse(written)) {
      return null;
    }
    const { protocol, origin, pathname, search, hash, username } = new URL(written);
    const plain = pathname === '/' && search === '' && hash === '' && username === '';
    return plain && /^https?:$/.test(protocol) ? origin : null;
  },
};

interface Parser<T> {
  readonly code: string;
  readonly expected: string;
  readonly parse: (written: string) => T | null;
}

const defaults = {
  listen: { host: '127.0.0.1', port: 7878 },
  tls: null,
  url: null,
  workers: 16,
  rate: { per_minute: 600 },
  body_limit: 1024 * 1024,
  grace: 30_000,
  mirror: null,
};

const serveFile = object({
  listen: optional(written(parseListen), defaults.listen),
  tls: optional(object({ cert: text(), key: text() })),
  url: optional(written(parseUrl)),
  workers: optional(integer({ min: 1, max: 1000 }), defaults.workers),
  rate: optional(object({ per_minute: integer({ min: 1, max: 1_000_000 }) }), defaults.rate),
  body_limit: optional(integer({ min: 1024, max: 64 * 1024 * 1024 }), defaults.body_limit),
  grace: optional(duration(), defaults.grace),
  mirror: optional(
    object({ logs: list(text(), { min: 1 }), dir: optional(text()), name: optional(text()) }),
  ),
});

function written<T>({ expected, parse }: Parser<T>) {
  return refine(text(), (value, node, place) => {
    const parsed = parse(value);
    if (parsed !== null) {
      return parsed;
    }
    place.report(node.at, `\`${place.name}\` must be ${expected}, not \`${value}\``);
    return invalid;
  });
}

function flagged<T>({ code, expected, parse }: Parser<T>, value: string): T {
  const parsed = parse(value);
  if (parsed !== null) {
    return parsed;
  }
  throw new UsageError({ code, message: `\`${value}\` is not ${expected}` });
}

function tlsOf({ tlsCert: cert, tlsKey: key }: ServeFlags): ServeSettings['tls'] {
  if (cert !== undefined && key !== undefined) {
    return { cert, key };
  }
  if (cert === undefined && key === undefined) {
    return null;
  }
  throw new UsageError({
    code: 'tls_incomplete',
    message: 'TLS takes both a certificate and its key',
    hint: 'give `--tls-cert FILE` and `--tls-key FILE`',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function tlsMissing(host: string): UsageError {
  return new UsageError({
    code: 'tls_missing',
    message: `\`${host}\` is reached from other machines, and without TLS tokens would pass readable`,
    hint: 'give `--tls-cert FILE` and `--tls-key FILE`, or, behind a proxy that ends TLS, `--allow-plain-http`',
  });
}
