import type { ServerResponse } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type StreamItem, streamRun } from '../../src/client/run-stream.ts';
import { sleep } from '../../src/engine/sleep.ts';
import { anEntry, aReport, runId } from './a-run.ts';
import { answer, type Came, openSmallServer, type SmallServer } from './small-server.ts';

function frame(version: number): string {
  const data = JSON.stringify(anEntry(version));
  return `event: recorded\nid: ${version}\ndata: ${data}\n\n`;
}

const end = `event: end\ndata: {}\n\n`;

async function hear(
  server: SmallServer,
  options = { idleMs: 45_000 },
): Promise<readonly StreamItem[]> {
  const items: StreamItem[] = [];
  const { signal } = new AbortController();
  for await (const item of streamRun(server.connect(), runId, { from: 0, signal, ...options })) {
    items.push(item);
  }
  return items;
}

function versionsOf(items: readonly StreamItem[]): readonly number[] {
  return items.flatMap((item) => (item.kind === 'recorded' ? [item.version] : []));
}

function stream(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(text);
}

function fromOf({ path }: Came): number {
  return Number(new URL(path, 'http://x').searchParams.get('from'));
}

const last = 9;
const all = Array.from({ length: last }, (_, at) => at + 1);

describe('a stream that loses its connection', () => {
  test('goes on without a gap and without telling twice, wherever it broke', async () => {
    const lost = fc.record({ bytes: fc.nat(900), back: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(lost, { maxLength: 6 }), async (breaks) => {
        const server = await openSmallServer((response, came) => {
          const broken = breaks[came.count - 1];
          // An honest server may also send again what the client has.
          const first = Math.max(0, fromOf(came) - (broken?.back ?? 0)) + 1;
          const text = all
            .filter((version) => version >= first)
            .map(frame)
            .join('');
          if (broken === undefined) {
            stream(response, `${text}${end}`);
            response.end();
            return;
          }
          stream(response, `: here\n\n${text}`.slice(0, broken.bytes));
          setImmediate(() => response.destroy());
        });
        const items = await hear(server);
        expect(versionsOf(items)).toEqual(all);
        for (const { headers, path } of server.came) {
          expect(path).toBe(`/v1/runs/${runId}/stream?from=${String(headers['last-event-id'])}`);
        }
      }),
      { numRuns: 25 },
    );
  });

  test('fetches what a stream leaves out', async () => {
    const server = await openSmallServer((response, came) => {
      if (came.path.includes('/events')) {
        answer(response, 200, {
          events: all.slice(fromOf(came)).map((version) => anEntry(version)),
        });
        return;
      }
      stream(response, `${frame(1)}${frame(last)}${end}`);
      response.end();
    });
    expect(versionsOf(await hear(server))).toEqual(all);
  });

  test('takes a silent connection for a lost one', async () => {
    const server = await openSmallServer((response, { count }) => {
      stream(response, count === 1 ? frame(1) : `${all.slice(1).map(frame).join('')}${end}`);
      if (count > 1) {
        response.end();
      }
    });
    expect(versionsOf(await hear(server, { idleMs: 50 }))).toEqual(all);
    expect(server.came.map(fromOf)).toEqual([0, 1]);
  });

  test('polls where something between holds streams back', async () => {
    const server = await openSmallServer((response, came) => {
      if (came.path.includes('/stream')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
        return;
      }
      if (came.path.includes('/events')) {
        answer(response, 200, {
          events: all.slice(fromOf(came)).map((version) => anEntry(version)),
        });
        return;
      }
      response.setHeader('runbook-version', last);
      answer(response, 200, aReport({ status: 'succeeded', terminal: true, exit_code: 0 }));
    });
    expect(versionsOf(await hear(server, { idleMs: 20 }))).toEqual(all);
    expect(server.came.filter(({ path }) => path.includes('/stream'))).toHaveLength(2);
  });

  test('gives up on a server that stays away', async () => {
    const server = await openSmallServer((response) => void response.destroy());
    await expect(hear(server)).rejects.toMatchObject({ code: 'server_unreachable' });
    const away = server.pauses.reduce((sum, ms) => sum + ms, 0);
    expect(away).toBeGreaterThan(60_000);
  });

  test('ends with what the server refuses', async () => {
    const refusal = { code: 'token_expired', message: 'over', hint: null, exit_code: 4 };
    const server = await openSmallServer((response, { count }) =>
      count === 1
        ? (stream(response, frame(1)), void response.destroy())
        : answer(response, 401, refusal),
    );
    await expect(hear(server)).rejects.toMatchObject({ code: 'token_expired', exitCode: 4 });
  });
});

test('output is told as it comes, byte for byte', async () => {
  const chunk = Buffer.from([0xff, 0x00, 0x0a]);
  const data = JSON.stringify({ step: 'a', stream: 'stderr', chunk: chunk.toString('base64') });
  const server = await openSmallServer((response) => {
    stream(response, `${frame(1)}event: output\ndata: ${data}\n\nevent: newer\ndata: {}\n\n${end}`);
    response.end();
  });
  expect((await hear(server))[1]).toEqual({ kind: 'output', step: 'a', stream: 'stderr', chunk });
});

test('whoever stops listening leaves no connection behind', async () => {
  const closed = new AbortController();
  const server = await openSmallServer((response) => {
    response.on('close', () => closed.abort());
    stream(response, frame(1));
  });
  const { signal } = new AbortController();
  for await (const item of streamRun(server.connect(), runId, { from: 0, signal })) {
    expect(item.kind).toBe('recorded');
    break;
  }
  await sleep(10_000, closed.signal);
  expect(closed.signal.aborted).toBe(true);
});
