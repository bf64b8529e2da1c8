import * as v from 'valibot';
import { RunbookError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import { eventsAnswer, outputPiece, recordedEntry, runReport } from '../engine/wire/runs.ts';
import type { Wire } from '../engine/wire/values.ts';
import type { Recorded } from '../run/events.ts';
import { type Connection, pathOf } from './connection.ts';
import { eventStreamParser, type ServerEvent } from './event-stream.ts';
import { backOffMs } from './pace.ts';
import { parseJson, unreachable, unreadable } from './server-error.ts';

/** What a run's stream tells. */
export type StreamItem =
  /** Entry number `version` of the run: each once, in their order. */
  | { readonly kind: 'recorded'; readonly version: number; readonly entry: Recorded }
  /** Live only: what was said while the connection was down is in the run's logs. */
  | {
      readonly kind: 'output';
      readonly step: string;
      readonly stream: 'stdout' | 'stderr';
      readonly chunk: Buffer;
    };

export interface StreamOptions {
  /** How many of the run's entries are known. */
  readonly from: number;
  readonly signal: AbortSignal;
  /** A connection that says nothing for so long is lost: servers give a sign every 15 s. */
  readonly idleMs?: number;
}

/**
 * The entries of a run as they are committed, and its live output, until the run ends or `signal` aborts.
 * A lost connection is taken up where it broke off, without a gap and without telling anything twice;
 * where something between holds the stream back, it polls instead. Throws what the server refuses with,
 * and `server_unreachable` once it was away for some two minutes.
 */
export async function* streamRun(
  connection: Connection,
  run: RunId,
  { from, signal, idleMs = 45_000 }: StreamOptions,
): AsyncGenerator<StreamItem, void> {
  const reading = { connection, run, signal, idleMs, version: from };
  let failures = 0;
  let silent = 0;
  while (!signal.aborted) {
    const ending = silent < 2 ? yield* readStream(reading) : yield* poll(reading);
    switch (ending.kind) {
      case 'end':
        return;
      case 'heard':
        [failures, silent] = [0, 0];
        break;
      case 'silent':
        [failures, silent] = [0, silent + 1];
        break;
      case 'failed':
        failures += 1;
        if (failures > patience) {
          throw ending.error;
        }
    }
    await connection.pace.pause(backOffMs(failures), signal);
  }
}

/** With the back-off, some two minutes. */
const patience = 14;

interface Reading {
  readonly connection: Connection;
  readonly run: RunId;
  readonly signal: AbortSignal;
  readonly idleMs: number;
  /** Entries told so far. */
  version: number;
}

type Ending =
  | { readonly kind: 'end' }
  /** The connection was lost, or closed, after it had brought something. */
  | { readonly kind: 'heard' }
  /** It was open and brought nothing. */
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed'; readonly error: RunbookError };

/** One connection, until it ends in whatever way. Throws what the server refuses with. */
async function* readStream(reading: Reading): AsyncGenerator<StreamItem, Ending> {
  const { connection, run, signal, idleMs } = reading;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleMs);
  let heard = false;
  try {
    const either = AbortSignal.any([signal, idle.signal]);
    const body = await connection.stream(pathOf('runs', run, 'stream'), reading.version, either);
    const hear = (): void => {
      timer.refresh();
      heard = true;
    };
    for await (const event of eventsOf(body, hear)) {
      if (event.event === 'end') {
        return { kind: 'end' };
      }
      yield* itemsOf(reading, event);
    }
  } catch (error) {
    const quiet = heard || signal.aborted || idle.signal.aborted;
    const failed = failedBy(connection, error);
    if (!quiet) {
      return failed;
    }
  } finally {
    clearTimeout(timer);
    // Whoever stops listening leaves no connection behind.
    idle.abort();
  }
  return { kind: heard ? 'heard' : 'silent' };
}

/** `hear` is called for every sign of life, a comment too. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  hear: () => void,
): AsyncGenerator<ServerEvent, void> {
  const parse = eventStreamParser();
  for await (const bytes of body) {
    hear();
    yield* parse(bytes);
  }
}

/** A network that failed is worth another try; what the server refuses is not. */
function failedBy({ url }: Connection, error: unknown): Extract<Ending, { kind: 'failed' }> {
  if (!(error instanceof RunbookError)) {
    return { kind: 'failed', error: unreachable(url, 'the connection broke', error) };
  }
  if (error.code !== 'server_unreachable') {
    throw error;
  }
  return { kind: 'failed', error };
}

async function* itemsOf(reading: Reading, told: ServerEvent): AsyncGenerator<StreamItem, void> {
  const { connection } = reading;
  if (told.event === 'output') {
    const { step, stream, chunk } = read(connection, outputPiece, told.data);
    yield { kind: 'output', step, stream, chunk: Buffer.from(chunk, 'base64') };
    return;
  }
  if (told.event !== 'recorded') {
    // What a newer server may say beside it.
    return;
  }
  const version = /^\d{1,9}$/.test(told.id) ? Number(told.id) : null;
  if (version === null) {
    throw unreadable(connection.url, `its stream numbers an entry \`${told.id}\``);
  }
  if (version > reading.version + 1) {
    yield* catchUp(reading);
  }
  if (version === reading.version + 1) {
    reading.version = version;
    yield { kind: 'recorded', version, entry: read(connection, recordedEntry, told.data) };
  }
}

/** Every entry that is there and was not told yet. */
async function* catchUp(reading: Reading): AsyncGenerator<StreamItem, void> {
  const { connection, run, signal } = reading;
  const path = pathOf('runs', run, 'events');
  const query = { from: reading.version };
  const { events } = await connection.call({ path, query, answer: eventsAnswer, signal });
  for (const entry of events) {
    reading.version += 1;
    yield { kind: 'recorded', version: reading.version, entry };
  }
}

/** One bounded question: it is answered when there is more, or after a while. */
async function* poll(reading: Reading): AsyncGenerator<StreamItem, Ending> {
  const { connection, run, signal } = reading;
  try {
    const { value, version } = await connection.callVersioned({
      path: pathOf('runs', run),
      query: { wait: pollSeconds, version: reading.version },
      answer: runReport,
      timeoutMs: (pollSeconds + 15) * 1000,
      signal,
    });
    if (version > reading.version) {
      yield* catchUp(reading);
    } else {
      await connection.pace.pause(betweenPollsMs, signal);
    }
    return { kind: value.terminal ? 'end' : 'silent' };
  } catch (error) {
    return signal.aborted ? { kind: 'silent' } : failedBy(connection, error);
  }
}

const pollSeconds = 25;
const betweenPollsMs = 2000;

function read<T>({ url }: Connection, schema: Wire<T>, data: string): T {
  const parsed = v.safeParse(schema, parseJson(data));
  if (!parsed.success) {
    throw unreadable(url, 'its stream tells an event that is none');
  }
  return parsed.output;
}
