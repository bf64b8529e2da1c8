import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request whose signature holds, or why it does not. */
export type Verdict =
  | { readonly kind: 'genuine'; readonly timestamp: string; readonly signature: string }
  | { readonly kind: 'forged'; readonly reason: string };

interface Claim {
  readonly kind: 'claimed';
  readonly timestamp: string;
  readonly signature: string;
}

/** Either way round: a clock ahead of Slack's must not keep a captured request good for longer. */
export const windowMs = 5 * 60_000;

/**
 * Verifies Slack's signature v0: HMAC-SHA256 with the app's signing secret over `v0:TIMESTAMP:BODY`, the
 * body as it came (https://docs.slack.dev/authentication/verifying-requests-from-slack).
 */
export function verifySignature(
  secret: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer },
  nowMs: number,
): Verdict {
  // An empty secret is one that everybody knows.
  if (secret === '') {
    return forged('there is no signing secret');
  }
  const claim = readClaim(request.headers, nowMs);
  if (claim.kind === 'forged') {
    return claim;
  }
  const { timestamp, signature } = claim;
  const expected = createHmac('sha256', secret).update(`v0:${timestamp}:`).update(request.body);
  return timingSafeEqual(expected.digest(), Buffer.from(signature.slice(3), 'hex'))
    ? { kind: 'genuine', timestamp, signature }
    : forged('the signature does not match');
}

/** What the headers alone say: a signature of these minutes. Whether it holds takes the body. */
export function readClaim(
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): Claim | Extract<Verdict, { kind: 'forged' }> {
  const timestamp = headers['x-slack-request-timestamp'] ?? '';
  const signature = headers['x-slack-signature'] ?? '';
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) {
    return forged('no `x-slack-request-timestamp` in seconds');
  }
  if (!/^v0=[0-9a-f]{64}$/.test(signature)) {
    return forged('no `x-slack-signature` of version `v0`');
  }
  if (Math.abs(nowMs - Number(timestamp) * 1000) > windowMs) {
    return forged(`signed at ${timestamp}, more than five minutes from now`);
  }
  return { kind: 'claimed', timestamp, signature };
}

function forged(reason: string): Extract<Verdict, { kind: 'forged' }> {
  return { kind: 'forged', reason };
}
