import { canonicalize } from '../../../base/jcs.ts';

/**
 * What the journal keeps of a call of Slack's: all that its signature is over, so that whoever has the
 * app's signing secret can check it again. The body holds a `trigger_id` and a `response_url`, which
 * are good for three seconds and thirty minutes, and a `token` that Slack has retired.
 */
export function httpEvidence(of: {
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string;
}): Buffer {
  return Buffer.from(canonicalize({ transport: 'http', ...of }));
}

/**
 * What the journal keeps of an envelope. No signature is over it, so that what would only let somebody
 * else speak in the app's name is left out.
 */
export function socketEvidence(envelope: {
  readonly id: string;
  readonly payload: unknown;
}): Buffer {
  const { id, payload } = envelope;
  return Buffer.from(
    canonicalize({ transport: 'socket', envelope_id: id, payload: withoutCapabilities(payload) }),
  );
}

const capabilities: ReadonlySet<string> = new Set([
  'token',
  'trigger_id',
  'response_url',
  'response_urls',
]);

function withoutCapabilities(payload: unknown): unknown {
  return typeof payload === 'object' && payload !== null && !Array.isArray(payload)
    ? Object.fromEntries(Object.entries(payload).filter(([key]) => !capabilities.has(key)))
    : payload;
}
