/** What is posted, and under which name. */
export interface Message {
  /** The same in every attempt: receivers drop what they have seen. */
  readonly id: string;
  readonly body: string;
}

/**
 * The three headers of Standard Webhooks 1.0 (symmetric, `v1`): one signature for each secret, so that a
 * receiver may hold the old or the new one while they change.
 */
export async function sign(
  { id, body }: Message,
  secrets: readonly string[],
  nowMs: number,
): Promise<Readonly<Record<string, string>>> {
  const { Webhook } = await import('standardwebhooks');
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, new Date(nowMs), body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(nowMs / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
