import { JournalError } from '../base/errors.ts';

/** A request to another side. */
export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** An answer with more bytes is refused. */
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

const defaultMaxBytes = 16 * 1024 * 1024;

/**
 * One call over HTTP: no redirect is followed, no proxy variable is read, nothing is tried again, and the
 * answer is bounded. Any status is an answer. Throws JournalError `sink_unreachable` where none came.
 */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const { url, signal, maxBytes = defaultMaxBytes, headers = {}, method, body } = call;
  try {
    const answer = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      body: await readBounded(answer, maxBytes),
    };
  } catch (cause) {
    throw cause instanceof JournalError ? cause : unreachable(url, reasonOf(cause), cause);
  }
}

async function readBounded(answer: Response, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // The platform's stream is an async iterable; its type does not say so everywhere.
  const body = answer.body as AsyncIterable<Uint8Array> | null;
  for await (const piece of body ?? []) {
    size += piece.length;
    if (size > maxBytes) {
      throw unreachable(new URL(answer.url), `its answer is longer than ${maxBytes} bytes`);
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** fetch says only that it failed; why, its cause knows. */
function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}

function unreachable(url: URL, why: string, cause?: unknown): JournalError {
  return new JournalError({
    code: 'sink_unreachable',
    message: `\`${url.origin}\` did not answer: ${why}`,
    cause,
  });
}
