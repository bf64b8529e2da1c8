import { formatTime } from '../../base/clock.ts';
import { newNonce, type RequestId, type RunId } from '../../base/ids.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Front, JournalEntry } from '../channel.ts';
import type { Message } from './sign.ts';

/**
 * One entry as it is posted. The id is its leaf hash; `data.data` is what the journal has, at most 64 KiB.
 * Commands and reasons stand in it, secrets never do: the journal has only commitments of those.
 */
export async function messageOf(front: Front, entry: JournalEntry): Promise<Message> {
  const { seq, hash, run, runbook, environment, summary } = entry;
  const request = requestOf(entry);
  const data: JsonObject = {
    seq,
    hash,
    run,
    runbook,
    environment,
    request,
    words: request === null ? null : await wordsOf(front, request),
    summary,
    url: urlOf(front, request, run),
    data: entry.data,
  };
  return { id: hash, body: JSON.stringify({ type: entry.type, timestamp: entry.time, data }) };
}

/** Tells of nothing: proves to `doctor` that address, certificate and secret fit. */
export function pingOf(endpoint: string, nowMs: number): Message {
  const body = { type: 'ping', timestamp: formatTime(nowMs), data: { endpoint } };
  return { id: `ping-${newNonce()}`, body: JSON.stringify(body) };
}

function requestOf({ type, data }: JournalEntry): RequestId | null {
  const named = type === 'approval.requested' ? data['id'] : data['request'];
  // An id from our own journal; at worst nothing is found under it.
  return typeof named === 'string' ? (named as RequestId) : null;
}

/** Comfort for whoever shows it: a request whose blobs were erased is told of without. */
async function wordsOf(front: Front, request: RequestId): Promise<string | null> {
  try {
    return (await front.look(request)).words;
  } catch {
    return null;
  }
}

/** Where the API answers for it. */
function urlOf({ url }: Front, request: RequestId | null, run: RunId | null): string | null {
  if (url === null || (request === null && run === null)) {
    return null;
  }
  return request === null ? `${url}/v1/runs/${run}` : `${url}/v1/requests/${request}`;
}
