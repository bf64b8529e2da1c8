import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { followRun } from '../../src/client/follow-run.ts';
import type { RunReport } from '../../src/engine/reports.ts';
import type { DriveOptions } from '../../src/engine/service.ts';
import type { Event } from '../../src/run/events.ts';
import { anEntry, aReport, aRequest, runId } from './a-run.ts';
import { answer, openSmallServer, type SmallServer } from './small-server.ts';

const skipped: Event = { type: 'step.skipped', data: { step: 'a', why: '' } };
const asked = { type: 'approval.requested', data: {} } as unknown as Event;
const decided = { type: 'approval.decided', data: {} } as unknown as Event;
const finished: Event = { type: 'run.finished', data: { status: 'succeeded', exit_code: 0 } };
const done = aReport({ status: 'succeeded', terminal: true, exit_code: 0 });
const gate = aReport({ status: 'waiting', requests: [aRequest()] });

/** A run as a server has it: entries that come, and a report for each number of them. */
class ServedRun {
  readonly entries: Event[] = [];
  report: RunReport = aReport({});
  readonly #streams: ServerResponse[] = [];

  move(report: RunReport, ...events: readonly Event[]): void {
    this.report = report;
    for (const event of events) {
      this.entries.push(event);
      for (const stream of this.#streams) {
        stream.write(this.#frame(this.entries.length));
      }
    }
  }

  stream(response: ServerResponse, from: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    for (let version = from + 1; version <= this.entries.length; version += 1) {
      response.write(this.#frame(version));
    }
    this.#streams.push(response);
  }

  #frame(version: number): string {
    const data = JSON.stringify(anEntry(version, this.entries[version - 1]));
    return `event: recorded\nid: ${version}\ndata: ${data}\n\n`;
  }
}

interface Hooks {
  readonly onDescribe?: (run: ServedRun) => void;
  readonly onCancel?: (run: ServedRun, response: ServerResponse) => void;
}

async function serveRun(run: ServedRun, hooks: Hooks = {}): Promise<SmallServer> {
  return openSmallServer((response, { method, path }) => {
    const url = new URL(path, 'http://x');
    if (method === 'POST' && url.pathname.endsWith('/cancel')) {
      hooks.onCancel?.(run, response);
    } else if (url.pathname.endsWith('/stream')) {
      run.stream(response, Number(url.searchParams.get('from')));
    } else if (url.pathname.startsWith('/v1/requests/')) {
      answer(response, 200, aDetail);
      hooks.onDescribe?.(run);
    } else {
      response.setHeader('runbook-version', run.entries.length);
      answer(response, 200, run.report);
    }
  });
}

const aDetail = {
  hash: '0'.repeat(64),
  content: {},
  command: {},
  previous: null,
  words: 'amber-canoe-tiger-violin',
  state: 'pending',
  missing: [],
  decisions: [],
  outcome: null,
  review: null,
};

interface Told {
  readonly options: DriveOptions;
  readonly told: readonly string[];
  readonly interrupt: AbortController;
  readonly again: AbortController;
}

function listen(
  wait: DriveOptions['wait'],
  onTold: (what: string) => void = () => undefined,
): Told {
  const told: string[] = [];
  const tell = (what: string): void => {
    told.push(what);
    onTold(what);
  };
  const interrupt = new AbortController();
  const again = new AbortController();
  const listener = {
    recorded: ({ seq, event }: { readonly seq: number; readonly event: Event }) =>
      tell(`${seq - 100} ${event.type}`),
    output: () => tell('output'),
    waiting: () => tell('waiting'),
    delayed: () => tell('delayed'),
  };
  const options = { wait, listener, signal: interrupt.signal, hurry: again.signal };
  return { options, told, interrupt, again };
}

const fresh = { run: runId, from: 1, ending: false };

describe('following a run that a server drives', () => {
  test('stops at the first gate, after everything before it was told', async () => {
    const run = new ServedRun();
    run.move(gate, skipped, skipped, asked);
    const server = await serveRun(run);
    const { options, told } = listen('stop');
    expect(await followRun(server.connect(), fresh, options)).toEqual(gate);
    expect(told).toEqual(['2 step.skipped', '3 approval.requested', 'waiting']);
  });

  test('waits at a gate until it is decided, and goes on to the end', async () => {
    const run = new ServedRun();
    run.move(gate, skipped, asked);
    const server = await serveRun(run, {
      onDescribe: (it) => it.move(done, decided, skipped, finished),
    });
    const { options, told } = listen('expiry');
    expect(await followRun(server.connect(), fresh, options)).toEqual(done);
    expect(told).toEqual([
      '2 approval.requested',
      'waiting',
      '3 approval.decided',
      '4 step.skipped',
      '5 run.finished',
    ]);
  });

  test('tells of a gate again each time that it stands otherwise', async () => {
    const run = new ServedRun();
    run.move(gate, skipped, asked);
    let described = 0;
    const server = await serveRun(run, {
      onDescribe: (it) => {
        described += 1;
        it.move(
          described === 1 ? gate : done,
          ...(described === 1 ? [decided] : [decided, finished]),
        );
      },
    });
    const { options, told } = listen('expiry');
    await followRun(server.connect(), fresh, options);
    expect(told.filter((what) => what === 'waiting')).toHaveLength(2);
  });

  test('leaves a gate once it has waited for as long as was said', async () => {
    const run = new ServedRun();
    run.move(gate, skipped, asked);
    const server = await serveRun(run);
    const { options } = listen({ ms: 20 });
    expect(await followRun(server.connect(), fresh, options)).toEqual(gate);
  });

  test('leaves a gate when it is interrupted, and cancels nothing', async () => {
    const run = new ServedRun();
    run.move(gate, skipped, asked);
    const server = await serveRun(run);
    const it = listen('expiry', (what) => what === 'waiting' && it.interrupt.abort());
    expect(await followRun(server.connect(), fresh, it.options)).toEqual(gate);
    expect(server.came.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  test('asks the server to cancel when a step is interrupted, and follows it to its end', async () => {
    const run = new ServedRun();
    run.move(aReport({}), skipped, skipped);
    const cancelled = aReport({ status: 'cancelled', terminal: true, exit_code: 17 });
    const server = await serveRun(run, {
      onCancel: (it, response) => {
        answer(response, 200, it.report);
        it.move(cancelled, finished);
      },
    });
    const it = listen('expiry', (what) => what.startsWith('2') && it.interrupt.abort());
    expect(await followRun(server.connect(), fresh, it.options)).toEqual(cancelled);
    const posts = server.came.filter(({ method }) => method === 'POST');
    expect(posts.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { reason: 'interrupted' },
    ]);
  });

  test('leaves at once when it is interrupted twice', async () => {
    const run = new ServedRun();
    run.move(aReport({}), skipped, skipped);
    const server = await serveRun(run, {
      onCancel: (_it, response) => {
        answer(response, 200, run.report);
        it.again.abort();
      },
    });
    const it = listen('expiry', (what) => what.startsWith('2') && it.interrupt.abort());
    expect(await followRun(server.connect(), fresh, it.options)).toMatchObject({
      status: 'running',
    });
  });

  test('goes on without the card where the token may not read requests', async () => {
    const run = new ServedRun();
    run.move(gate, skipped, asked);
    const refusal = { code: 'scope_missing', message: 'no', hint: null, exit_code: 13 };
    const server = await openSmallServer((response, { path }) => {
      if (path.startsWith('/v1/requests/')) {
        answer(response, 403, refusal);
      } else if (path.includes('/stream')) {
        run.stream(response, 1);
      } else {
        response.setHeader('runbook-version', run.entries.length);
        answer(response, 200, run.report);
      }
    });
    const { options, told } = listen('stop');
    expect(await followRun(server.connect(), fresh, options)).toEqual(gate);
    expect(told).toEqual(['2 approval.requested']);
  });

  test('ends where only a person can go on', async () => {
    const run = new ServedRun();
    const unknown = aReport({ status: 'unknown', exit_code: 15 });
    run.move(unknown, skipped);
    const server = await serveRun(run);
    expect(await followRun(server.connect(), fresh, listen('expiry').options)).toEqual(unknown);
  });
});
