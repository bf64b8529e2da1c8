import type { Outcome, Post } from './post.ts';
import { readSecrets } from './read-secrets.ts';
import type { Endpoint } from './settings.ts';
import { type Message, sign } from './sign.ts';

export interface SendTools {
  /** Where secrets may be. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One attempt at one message, signed with the secrets as they are now. */
export async function sendSigned(
  message: Message,
  { endpoint, tools, post, nowMs, signal }: Sending,
): Promise<Outcome> {
  const secrets = readSecrets(endpoint.secrets, tools.env);
  if (secrets.kind === 'unusable') {
    return { kind: 'failed', message: secrets.message, retryAfterMs: null };
  }
  const headers = await sign(message, secrets.values, nowMs);
  return post.send({ headers, body: message.body, nowMs }, signal);
}

export interface Sending {
  readonly endpoint: Endpoint;
  readonly tools: SendTools;
  readonly post: Post;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}
