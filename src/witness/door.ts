import { type Answer, plainText, refuse } from './answer.ts';
import { type Bytes, readWhole } from './body.ts';
import type { Mirror } from './mirror.ts';
import type { Log, Witness } from './witness.ts';

/** A way in over HTTP, as the platform has requests and answers: no server belongs to it. `path` is what follows the prefix. */
export type Door = (path: string, request: Request) => Promise<Response>;

export interface DoorParts {
  readonly witness: Witness;
  /** Null where heads are remembered, and no entries. */
  readonly mirror: Mirror | null;
  /** Whether anybody may read what is mirrored. Who may write, the logs' own signatures say. */
  readonly isPublic: boolean;
  readonly log: Log;
}

/** A head with its proof and a hundred signatures, the long ones of other kinds too. */
const maxHeadBytes = 512 * 1024;

/** `POST add-checkpoint`, `POST add-entries`, and `GET` of what is mirrored. */
export function openDoor(parts: DoorParts): Door {
  return async (path, request) => {
    try {
      return toResponse(await answer(parts, path, request));
    } catch (error) {
      // Nothing was signed. What happened may name files of this host: it is told to the log alone.
      parts.log({ event: 'failed', level: 'error', call: nameOf(path), error: String(error) });
      return toResponse(refuse(503, 'not now'));
    }
  };
}

async function answer(parts: DoorParts, path: string, request: Request): Promise<Answer> {
  const { witness, mirror, isPublic, log } = parts;
  if (request.method === 'GET') {
    return (isPublic ? mirror?.read(path) : null) ?? refuse(404, 'there is nothing here');
  }
  if (request.method !== 'POST') {
    return refuse(405, 'heads and entries are posted');
  }
  const reply = await take({ witness, mirror }, path, request);
  log({ event: 'call', call: nameOf(path), status: reply.status });
  return reply;
}

/** What a stranger made up does not belong into a log. */
function nameOf(path: string): string {
  return ['add-checkpoint', 'add-entries'].includes(path) ? path : 'other';
}

async function take(
  { witness, mirror }: Pick<DoorParts, 'witness' | 'mirror'>,
  path: string,
  request: Request,
): Promise<Answer> {
  if (path === 'add-checkpoint') {
    const body = await readWhole(bytesOf(request), maxHeadBytes);
    return body === null
      ? refuse(413, 'this is longer than any head')
      : witness.addCheckpoint(body.toString('utf8'));
  }
  return path === 'add-entries' && mirror !== null
    ? mirror.addEntries(bytesOf(request))
    : refuse(404, 'there is nothing here');
}

/** C2SP tlog-mirror has clients compress what they send as they like, if it is with gzip. */
function bytesOf({ headers, body }: Request): Bytes {
  if (body === null) {
    return none();
  }
  const isZipped = headers.get('content-encoding') === 'gzip';
  return isZipped ? body.pipeThrough(new DecompressionStream('gzip')) : body;
}

async function* none(): AsyncGenerator<Uint8Array> {
  // A body that is not there ends at once.
}

function toResponse({ status, contentType, body }: Answer): Response {
  const isImmutable = contentType !== plainText && status === 200;
  return new Response(body, {
    status,
    headers: {
      'Content-Type': contentType,
      'Cache-Control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(status === 202 || status === 409 ? { 'Accept-Encoding': 'gzip' } : {}),
    },
  });
}
