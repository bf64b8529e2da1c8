import { isSha256, type Sha256 } from '../../base/ids.ts';
import type { SlackPlace } from './api/slack-api.ts';

/**
 * The names under which Slack hands back what people press and write. Whatever comes back is only a
 * name: who pressed is checked anew, and what counts is the stored request.
 */
export const actionIds = {
  approve: 'runbook.approve',
  reject: 'runbook.reject',
  /** The link to the page: Slack tells of its clicks too, and wants them answered. */
  open: 'runbook.open',
} as const;

/** The modal that asks why. Its one input is found under `block` and `input`. */
export const rejectModal = {
  callbackId: 'runbook.reject',
  block: 'runbook.reason',
  input: 'runbook.reason',
} as const;

/** The modal in which an account is linked to a person. */
export const linkModal = {
  callbackId: 'runbook.link',
  block: 'runbook.code',
  input: 'runbook.code',
} as const;

/** Opens the linking modal, where a refusal offers it. */
export const linkAction = 'runbook.link';

/** The value of Approve and Reject: the leaf hash of the request that the card shows. */
export function buttonValue(request: Sha256): string {
  return request;
}

/** Null for anything else than a leaf hash. */
export function parseButtonValue(value: unknown): Sha256 | null {
  return typeof value === 'string' && isSha256(value) ? value : null;
}

/** What the reject modal remembers of the card it was opened from. */
export interface RejectContext {
  readonly request: Sha256;
  readonly place: SlackPlace;
}

/** For `private_metadata`, which holds at most 3,000 characters. */
export function formatRejectContext({ request, place }: RejectContext): string {
  return JSON.stringify({ request, channel: place.channel, ts: place.ts });
}

/** Null for anything that `formatRejectContext` did not make. */
export function parseRejectContext(text: unknown): RejectContext | null {
  const { request, channel, ts } = parseObject(text);
  const hash = parseButtonValue(request);
  return hash === null || typeof channel !== 'string' || typeof ts !== 'string'
    ? null
    : { request: hash, place: { channel, ts } };
}

function parseObject(text: unknown): { request?: unknown; channel?: unknown; ts?: unknown } {
  try {
    const value: unknown = typeof text === 'string' && text.length <= 3000 ? JSON.parse(text) : {};
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
