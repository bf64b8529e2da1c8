import type { Readable, Writable } from 'node:stream';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Interrupts, listenForSignals } from './interrupts.ts';

/** What a process gives its program; tests bring their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly clock: Clock;
  readonly interrupts: Interrupts;
}

export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The real process. A reader who has gone away (`| head`) is no error: what runs goes on. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        throw error;
      }
    });
  }
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    clock: systemClock,
    interrupts: listenForSignals(process),
  };
}

/** Resolves when everything written so far has left the process, or nobody reads it any more. */
export async function drain(stream: OutputStream): Promise<void> {
  if (stream.destroyed || stream.errored !== null) {
    return;
  }
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
}

/** All of a stream, as text: `-` where a file is asked for. */
export async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(Buffer.from(chunk as Buffer | string));
  }
  return Buffer.concat(chunks).toString('utf8');
}
