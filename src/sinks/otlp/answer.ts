import { sanitizeLine } from '../../base/sanitize.ts';
import type { HttpAnswer } from '../http.ts';

/** What a receiver answered, in the words of the protocol. */
export type OtlpAnswer =
  | { readonly kind: 'taken'; readonly warning: string | null }
  | { readonly kind: 'refused'; readonly why: string; readonly retryAfterMs: number | null };

/** Longer than this nobody is left alone: one wrong header must not silence a sink for days. */
const longestMs = 3_600_000;

/**
 * OTLP/HTTP: a success is complete only where `partialSuccess` is empty or rejects nothing. A page that some
 * proxy answers with 200 is no success.
 */
export function judgeAnswer(answer: HttpAnswer, nowMs: number): OtlpAnswer {
  const { status, headers, body } = answer;
  if (status < 200 || status > 299) {
    const retryAfterMs = readRetryAfter(headers.get('retry-after'), nowMs);
    return { kind: 'refused', why: `it answered ${status}`, retryAfterMs };
  }
  const partial = body.length === 0 ? none : readPartial(body);
  if (partial === null) {
    const why = `it answered ${status} with what is no answer of OTLP`;
    return { kind: 'refused', why, retryAfterMs: null };
  }
  const { rejected, message } = partial;
  if (rejected > 0n) {
    const why = `it rejected ${rejected} of the entries${message === '' ? '' : `: ${message}`}`;
    return { kind: 'refused', why, retryAfterMs: null };
  }
  return { kind: 'taken', warning: message === '' ? null : message };
}

const none = { rejected: 0n, message: '' };

/** Null for anything but an ExportLogsServiceResponse. */
function readPartial(body: Buffer): typeof none | null {
  const answer = parseObject(body);
  const partial = answer === null ? null : (answer['partialSuccess'] ?? {});
  if (typeof partial !== 'object' || partial === null) {
    return null;
  }
  const { rejectedLogRecords = 0, errorMessage = '' } = partial as Readonly<
    Record<string, unknown>
  >;
  if (!/^\d{1,19}$/.test(String(rejectedLogRecords)) || typeof errorMessage !== 'string') {
    return null;
  }
  return {
    rejected: BigInt(String(rejectedLogRecords)),
    message: sanitizeLine(errorMessage).slice(0, 200),
  };
}

function parseObject(body: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

/** Seconds, or a date (RFC 9110). */
function readRetryAfter(written: string | null, nowMs: number): number | null {
  if (written === null) {
    return null;
  }
  const waitMs = /^\d{1,9}$/.test(written) ? Number(written) * 1000 : Date.parse(written) - nowMs;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), longestMs);
}
