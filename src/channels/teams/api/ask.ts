import { ChatError } from '../../cards/chat-error.ts';

/** An answer, read to its end and no further than 256 KiB. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where it is not JSON. */
  readonly body: unknown;
}

/** One attempt; what is slower does not come. */
const timeoutMs = 10_000;
const maxBytes = 256 * 1024;

/**
 * One call, answered whatever its status. Redirects are not followed: where secrets go is decided here
 * alone. Throws ChatError `timeout` or `unreachable`.
 */
export async function ask(url: string, init: RequestInit): Promise<Answered> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const { status, headers } = response;
    return { status, headers, body: parse(await readText(response)) };
  } catch {
    throw teamsError(signal.aborted ? 'timeout' : 'unreachable', true);
  }
}

export function teamsError(code: string, passing: boolean): ChatError {
  return new ChatError('Teams', { code, passing });
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  const body: ReadableStream<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > maxBytes) {
      return '';
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
