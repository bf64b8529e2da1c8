import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * S3 as Amazon documents it, as far as a sink meets it, and meaner: signatures, checksums and conditions
 * are really checked, and it can fail, lie and lose. Beside it stands a store that nobody here wrote
 * (`ceph.ts`), which knows neither `If-None-Match` on versions nor SHA-256 checksums, and never fails.
 */
export interface S3Emulator {
  readonly endpoint: string;
  /** Newest first, by name. */
  readonly objects: Map<string, StoredVersion[]>;
  /** Asked before every request; what it answers happens instead. */
  trouble: (call: { readonly method: string; readonly name: string }) => Trouble | null;
  /** Whether the bucket was made with Object Lock, and with versions at all. */
  bucket: 'locked' | 'versioned' | 'plain';
  /** Written by somebody else, over or before ours. */
  plant(name: string, bytes: Buffer | string): void;
  markDeleted(name: string): void;
  readonly calls: string[];
}

export interface StoredVersion {
  readonly id: string;
  readonly marker: boolean;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** `lose`: accepted, and not kept. `cut`: the connection ends in mid-answer. `unheld`: kept, but not held. */
export type Trouble =
  | { readonly status: number; readonly code: string }
  | { readonly body: string }
  | 'hang'
  | 'cut'
  | 'lose'
  | 'unheld'
  | 'huge';

export const testKeys = {
  accessKey: 'AKIDEXAMPLE',
  secretKey: 'a-secret-of-forty-characters-or-so',
};

export const testBucket = 'journal-test';

export async function serveS3(): Promise<S3Emulator> {
  const objects: S3Emulator['objects'] = new Map();
  let versions = 0;
  const add = (name: string, version: Omit<StoredVersion, 'id'>): string => {
    versions += 1;
    const id = `v${versions}.x-`;
    objects.set(name, [{ ...version, id }, ...(objects.get(name) ?? [])]);
    return id;
  };
  const server = createServer((request, response) => {
    void collect(request).then((body) => answer(emulator, { request, response, body, add }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const emulator: S3Emulator = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    calls: [],
    bucket: 'locked',
    trouble: () => null,
    plant: (name, bytes) => {
      add(name, { marker: false, bytes: Buffer.from(bytes), headers: {} });
    },
    markDeleted: (name) => {
      add(name, { marker: true, bytes: Buffer.alloc(0), headers: {} });
    },
  };
  return emulator;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly add: (name: string, version: Omit<StoredVersion, 'id'>) => string;
}

function answer(emulator: S3Emulator, call: Call): void {
  const { request, response } = call;
  const url = new URL(request.url ?? '/', emulator.endpoint);
  const name = decodeURIComponent(url.pathname).replace(`/${testBucket}/`, '');
  emulator.calls.push(
    `${request.method} ${name}${url.searchParams.has('versions') ? '?versions' : ''}`,
  );
  const trouble = emulator.trouble({ method: request.method ?? '', name });
  if (trouble === 'hang') {
    return;
  }
  if (trouble === 'cut') {
    response.writeHead(200, { 'content-length': '1000' }).write('<');
    response.destroy();
    return;
  }
  if (trouble === 'huge') {
    response.writeHead(200).end(Buffer.alloc(40 * 1024 * 1024, 0x20));
    return;
  }
  const refusal =
    typeof trouble === 'object' && trouble !== null && 'status' in trouble
      ? trouble
      : findRefusal(call, url);
  if (refusal !== null) {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${refusal.code}</Code><Message>of ${testKeys.accessKey}</Message></Error>`;
    response.writeHead(refusal.status).end(request.method === 'HEAD' ? undefined : text);
    return;
  }
  if (typeof trouble === 'object' && trouble !== null && 'body' in trouble) {
    response.end(trouble.body);
    return;
  }
  const handlers = { PUT: put, HEAD: get, GET: url.searchParams.has('versions') ? list : get };
  const handler = handlers[request.method as keyof typeof handlers];
  handler(emulator, { ...call, name, url, trouble: typeof trouble === 'string' ? trouble : null });
}

type Handled = Call & {
  readonly name: string;
  readonly url: URL;
  readonly trouble: Trouble | null;
};

function put(emulator: S3Emulator, { request, response, body, name, trouble, add }: Handled): void {
  const refuse = (status: number, code: string): void => {
    response.writeHead(status).end(`<Error><Code>${code}</Code></Error>`);
  };
  const headers = request.headers as Readonly<Record<string, string>>;
  const mode = headers['x-amz-object-lock-mode'];
  const until = headers['x-amz-object-lock-retain-until-date'] ?? '';
  const checksum = createHash('sha256').update(body).digest('base64');
  const current = emulator.objects.get(name)?.[0];
  if (headers['if-none-match'] === '*' && current?.marker === false) {
    refuse(412, 'PreconditionFailed');
  } else if (mode !== undefined && emulator.bucket !== 'locked') {
    refuse(400, 'InvalidRequest');
  } else if (headers['x-amz-checksum-sha256'] !== checksum) {
    refuse(400, 'BadDigest');
  } else if (mode !== undefined && !(Date.parse(until) > Date.now())) {
    refuse(400, 'InvalidArgument');
  } else {
    const held = {
      'x-amz-object-lock-mode': mode ?? '',
      'x-amz-object-lock-retain-until-date': until,
    };
    const kept = { 'x-amz-checksum-sha256': checksum, ...(trouble === 'unheld' ? {} : held) };
    const id =
      trouble === 'lose' ? 'v-lost' : add(name, { marker: false, bytes: body, headers: kept });
    response.writeHead(200, emulator.bucket === 'plain' ? {} : { 'x-amz-version-id': id }).end();
  }
}

function get(emulator: S3Emulator, { request, response, name, url }: Handled): void {
  const id = url.searchParams.get('versionId');
  const version = emulator.objects.get(name)?.find((it) => it.id === id && !it.marker);
  if (version === undefined) {
    response.writeHead(404).end('<Error><Code>NoSuchVersion</Code></Error>');
    return;
  }
  const asked = request.headers['x-amz-checksum-mode'] === 'ENABLED';
  const told = Object.entries(version.headers).filter(([it]) => asked || !it.includes('checksum'));
  response.writeHead(200, {
    'last-modified': new Date().toUTCString(),
    'content-length': version.bytes.length,
    ...Object.fromEntries(told),
  });
  response.end(request.method === 'HEAD' ? undefined : version.bytes);
}

function list(emulator: S3Emulator, { response, url }: Handled): void {
  const query = (name: string): string => url.searchParams.get(name) ?? '';
  const rows = [...emulator.objects.entries()]
    .filter(([name]) => name.startsWith(query('prefix')) && name > query('key-marker'))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, found]) => found.map((version) => ({ name, ...version })));
  const page = rows.slice(0, Number(query('max-keys')));
  const items = page.map(({ name, id, marker }) => {
    const tag = marker ? 'DeleteMarker' : 'Version';
    return `<${tag}><Key>${name}</Key><VersionId>${id}</VersionId><IsLatest>true</IsLatest><ETag>&quot;x&quot;</ETag><Owner><ID>u</ID></Owner></${tag}>`;
  });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><KeyMarker/><IsTruncated>${page.length < rows.length}</IsTruncated>${items.join('')}</ListVersionsResult>`,
  );
}

/** Written from what came over the wire, and not with what signed it. */
function findRefusal(
  { request, body }: Call,
  url: URL,
): { readonly status: number; readonly code: string } | null {
  const authorization = request.headers.authorization ?? '';
  const [, key, date, region, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const time = String(request.headers['x-amz-date']);
  const hash = createHash('sha256').update(body).digest('hex');
  if (key !== testKeys.accessKey) {
    return { status: 403, code: 'InvalidAccessKeyId' };
  }
  if (request.headers['x-amz-content-sha256'] !== hash) {
    return { status: 400, code: 'XAmzContentSHA256Mismatch' };
  }
  const mustSign = Object.keys(request.headers).filter((it) => /^(host$|x-amz-)/.test(it));
  if (!mustSign.every((it) => names?.split(';').includes(it)) || !time.startsWith(String(date))) {
    return { status: 403, code: 'AccessDenied' };
  }
  const headers = String(names)
    .split(';')
    .map((it) => `${it}:${String(request.headers[it])}\n`);
  const canonical = [
    request.method,
    url.pathname,
    url.search.slice(1),
    headers.join(''),
    names,
    hash,
  ];
  const scope = `${date}/${region}/s3/aws4_request`;
  const digest = createHash('sha256').update(canonical.join('\n')).digest('hex');
  let secret = Buffer.from(`AWS4${testKeys.secretKey}`);
  for (const part of scope.split('/')) {
    secret = createHmac('sha256', secret).update(part).digest();
  }
  const expected = createHmac('sha256', secret)
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`)
    .digest('hex');
  return signature === expected ? null : { status: 403, code: 'SignatureDoesNotMatch' };
}

async function collect(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) {
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}
