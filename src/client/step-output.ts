import { RunbookError } from '../base/errors.ts';
import type { RunId } from '../base/ids.ts';
import type { Listener } from '../engine/service.ts';
import { logsAnswer } from '../engine/wire-runs.ts';
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
 * Tells what steps print. A server's steps begin before anybody listens, and a quick one has ended by
 * then: of what was not heard live, the stored output is told instead, and never both.
 */
export function stepOutput(connection: Connection, run: RunId, listener: Listener): StepOutput {
  const heard = new Map<string, 'live' | 'stored'>();

  async function tellStored({ step, attempt }: StepFinished): Promise<void> {
    heard.set(step, 'stored');
    for (const piece of await readLogs(connection, run, step)) {
      if (piece.attempt === attempt) {
        listener.output(step, piece.stream, Buffer.from(piece.bytes, 'base64'));
      }
    }
  }

  return {
    live({ step, stream, chunk }) {
      // A server may pass on what it had in hand only after the step's end.
      if (heard.get(step) !== 'stored') {
        heard.set(step, 'live');
        listener.output(step, stream, chunk);
      }
    },
    async beforeEntry({ event }) {
      if (event.type === 'step.started') {
        heard.delete(event.data.step);
      } else if (event.type === 'step.finished' && !heard.has(event.data.step)) {
        await tellStored(event.data);
      }
    },
  };
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
