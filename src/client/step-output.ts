import { createHash, type Hash } from 'node:crypto';
import { RunbookError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import type { Listener } from '../engine/service.ts';
import { logsAnswer } from '../engine/wire/runs.ts';
import type { Recorded, StepFinished } from '../run/events.ts';
import { type Connection, pathOf } from './connection.ts';
import type { StreamItem } from './run-stream.ts';

export interface StepOutput {
  /** What a step says just now. */
  live(piece: Extract<StreamItem, { kind: 'output' }>): void;
  /** Called before the listener is told of an entry: what a step said unheard is told before its end. */
  beforeEntry(entry: Recorded): Promise<void>;
}

/**
 * Tells what steps print, nothing of it twice. A server's steps begin before anybody listens, a quick one
 * has ended by then, and a connection that broke heard nothing: at a step's end the stored output is held
 * against what was heard. What follows on that is told; where something before it is missing, it is said
 * where to read it.
 */
export function stepOutput(connection: Connection, run: RunId, listener: Listener): StepOutput {
  /** By step; null once its end was told. */
  const heard = new Map<string, Heard | null>();

  async function tellRest({ step, attempt }: StepFinished): Promise<void> {
    const pieces = await readLogs(connection, run, step);
    const before = heard.get(step) ?? {};
    let gap = false;
    for (const { stream, bytes } of pieces.filter((piece) => piece.attempt === attempt)) {
      const stored = Buffer.from(bytes, 'base64');
      const rest = restOf(stored, before[stream]);
      gap ||= rest === null;
      if (rest !== null && rest.length > 0) {
        listener.output(step, stream, rest);
      }
    }
    if (gap) {
      const hint = `(earlier output: runbook logs ${run} ${step})\n`;
      listener.output(step, 'stderr', Buffer.from(hint));
    }
    if (pieces.length > 0) {
      heard.set(step, null);
    }
  }

  return {
    live({ step, stream, chunk }) {
      const before = heard.get(step) ?? {};
      // A server may pass on what it had in hand only after the step's end.
      if (heard.get(step) !== null) {
        heard.set(step, { ...before, [stream]: addChunk(before[stream], chunk) });
        listener.output(step, stream, chunk);
      }
    },
    async beforeEntry({ event }) {
      if (event.type === 'step.started') {
        heard.delete(event.data.step);
      } else if (event.type === 'step.finished' && hasOutput(event.data)) {
        await tellRest(event.data);
      }
    },
  };
}

interface HeardStream {
  readonly length: number;
  readonly hash: Hash;
}

type Heard = { readonly [stream in 'stdout' | 'stderr']?: HeardStream | undefined };

function addChunk(
  { length, hash }: HeardStream = { length: 0, hash: createHash('sha256') },
  chunk: Buffer,
): HeardStream {
  return { length: length + chunk.length, hash: hash.update(chunk) };
}

function hasOutput({ stdout, stderr }: StepFinished): boolean {
  return stdout !== null || stderr !== null;
}

/** What of the stored output follows on what was heard; null where something before or between is missing. */
function restOf(stored: Buffer, heard: HeardStream | undefined): Buffer | null {
  if (heard === undefined || heard.length >= stored.length) {
    return stored.subarray(heard?.length ?? 0);
  }
  const start = createHash('sha256').update(stored.subarray(0, heard.length)).digest();
  return start.equals(heard.hash.copy().digest()) ? stored.subarray(heard.length) : null;
}

/** None where they cannot be read: a run is followed without them, too. */
async function readLogs({ call }: Connection, run: RunId, step: string) {
  try {
    const path = pathOf('runs', run, 'logs');
    return (await call({ path, query: { step }, answer: logsAnswer })).logs;
  } catch (error) {
    if (error instanceof RunbookError) {
      return [];
    }
    throw error;
  }
}
