import { newNonce } from '../../base/ids.ts';

/** What a browser began and has not finished: kept here, in memory, for ten minutes. */
export interface PendingLogins {
  /** Answers the id that goes into the browser's cookie. */
  keep(pending: Pending): string;
  /** What was kept under this id, once; null where it is unknown, used or too old. */
  take(id: string): Pending | null;
}

export type Pending =
  /** Logging in with an issuer, to go on at `to`. */
  | { readonly kind: 'login'; readonly issuer: string; readonly kept: string; readonly to: string }
  /** Logging in with a passkey: what it is to sign. */
  | { readonly kind: 'passkey'; readonly prepared: string; readonly to: string }
  /** A decision by a fresh login (A2): bound to the session that showed the card. */
  | {
      readonly kind: 'decision';
      readonly issuer: string;
      readonly kept: string;
      /** Public id of the session's token. */
      readonly session: string;
      readonly request: string;
      readonly statement: string;
    }
  /** A decision that waits for its passkey's signature, in the session that it was prepared for. */
  | {
      readonly kind: 'signature';
      readonly session: string;
      readonly request: string;
      readonly statement: string;
    }
  /** A passkey that waits for its owner's fresh login. */
  | {
      readonly kind: 'enrolment';
      readonly issuer: string;
      readonly kept: string;
      readonly session: string;
      readonly statement: string;
      readonly signature: string;
    };

const livesMs = 600_000;
/** Anybody may begin to log in: beyond so many the oldest are forgotten. */
const most = 10_000;

/** `nowMs`: of a clock that only goes forward. */
export function openPendingLogins(nowMs: () => number): PendingLogins {
  const kept = new Map<string, { readonly pending: Pending; readonly untilMs: number }>();
  return {
    keep(pending) {
      const [oldest] = kept.keys();
      if (kept.size >= most && oldest !== undefined) {
        kept.delete(oldest);
      }
      const id = newNonce();
      kept.set(id, { pending, untilMs: nowMs() + livesMs });
      return id;
    },
    take(id) {
      const found = kept.get(id);
      kept.delete(id);
      return found === undefined || nowMs() >= found.untilMs ? null : found.pending;
    },
  };
}
