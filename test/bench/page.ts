import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../src/base/clock.ts';
import { localService } from '../../src/engine/local-service.ts';
import { openOffice } from '../../src/engine/office/open-office.ts';
import { issueToken } from '../../src/engine/token/tokens.ts';
import { serve } from '../../src/server/serve.ts';
import { readServeSettings } from '../../src/server/settings.ts';
import { engineIn, nothingElse } from './engine-in.ts';

/**
 * `DIR BYTES OFTEN`: a request whose script has that many bytes waits, and a session opens its page so many
 * times. Prints one JSON object: milliseconds to the first byte and to the last of the page, and the bytes on
 * the wire of the page and of what it names.
 */
async function main(dir: string, bytes: number, often: number): Promise<void> {
  const engine = engineIn(dir, []);
  const office = openOffice(engine, {
    serviceFor: (theirs) => localService(theirs, nothingElse),
    url: null,
  });
  const over = new AbortController();
  const settings = readServeSettings(null, { listen: '127.0.0.1:0' });
  const rate = { perMinute: 1_000_000, burst: 1_000_000 };
  const deps = { signal: over.signal, log: () => undefined, clock: systemClock };
  const serving = await serve(office, { ...settings, rate }, deps);
  const agent = { kind: 'agent', id: 'bot' } as const;
  const robin = { kind: 'person', id: 'robin' } as const;
  const lives = { label: null, expiresInMs: 86_400_000 };
  const { token } = await issueToken(engine, { holder: agent, scopes: ['start'], ...lives });
  const { secret } = await issueToken(engine, { holder: robin, scopes: ['read'], ...lives });
  const service = office.serviceFor({ token, holder: agent });
  await service.start(input(dir, bytes));
  const headers = {
    cookie: `runbook_session=${secret}`,
    accept: 'text/html',
    'accept-encoding': 'gzip',
    host: new URL(serving.origin).host,
  };
  const visit = (path: string) => get({ port: serving.address.port, path, headers });
  const path = `/requests/${await waiting(office.serviceFor({ token, holder: agent }))}`;
  const page = await visit(path);
  if (!page.text.includes(`line ${lastLine(bytes)} of`)) {
    throw new Error(`the page lacks the command's end: ${page.text.slice(0, 2000)}`);
  }
  const named = [...page.text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, asset = '']) => asset);
  const assets = await Promise.all(named.map(visit));
  const times = [];
  for (let count = 0; count < often; count += 1) {
    times.push(await visit(path));
  }
  over.abort();
  await serving.closed;
  await engine.store.close();
  const answer = {
    first_ms: times.map(({ firstMs }) => firstMs),
    last_ms: times.map(({ lastMs }) => lastMs),
    page_bytes: page.bytes,
    asset_bytes: assets.reduce((sum, asset) => sum + asset.bytes, 0),
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

type Service = ReturnType<ReturnType<typeof openOffice>['serviceFor']>;

async function waiting(service: Service): Promise<string> {
  for (;;) {
    const [request] = await service.requests(true);
    if (request !== undefined) {
      return request.request;
    }
    await sleep(20);
  }
}

/** One call over a connection of its own, timed from before it is made; bytes as they came, headers not counted. */
function get(of: {
  readonly port: number;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}): Promise<{ firstMs: number; lastMs: number; bytes: number; text: string }> {
  return new Promise((resolve, reject) => {
    const from = performance.now();
    const call = httpRequest({ host: '127.0.0.1', agent: false, ...of }, (answer) => {
      const firstMs = performance.now() - from;
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const body = Buffer.concat(chunks);
        const lastMs = performance.now() - from;
        resolve({ firstMs, lastMs, bytes: body.length, text: body.toString() });
      });
    });
    call.on('error', reject);
    call.end();
  });
}

const lineOf = (at: number) =>
  `        echo 'line ${at} of what somebody should read before they say yes'\n`;

function lastLine(bytes: number): number {
  return Math.ceil(bytes / lineOf(0).length) - 1;
}

function input(dir: string, bytes: number) {
  const lines = Array.from({ length: lastLine(bytes) + 1 }, (_, at) => lineOf(at));
  const text = `name: change
steps:
  - id: change
    privileged: true
    run: |
${lines.join('')}`;
  const source = { name: 'change', file: 'change.yaml', dir, text, trusted: false };
  return { source, given: {}, environment: null, reason: null, ticket: null };
}

await main(process.argv[2] ?? '', Number(process.argv[3]), Number(process.argv[4]));
