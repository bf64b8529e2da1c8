import { newNonce } from '../../base/ids.ts';

/** What a browser began and has not finished: kept here, in memory, for ten minutes. */
export interface PendingLogins {
  /** Answers the id that goes into the browser's cookie. */
  keep(pending: Pending): string;
  /** What was kept under this id, once; null where it is unknown, used or too old. */
  take(id: string): Pending | null;
  /** The same, and it stays. */
  look(id: string): Pending | null;
  /** How many are kept. */
  readonly size: number;
}

export type Pending =
  /** Logging in with an issuer, to go on at `to`. */
  | (AtIssuer & { readonly kind: 'login'; readonly to: string })
  /** Logging in with a passkey: what it is to sign. */
  | { readonly kind: 'passkey'; readonly prepared: string; readonly to: string }
  /** A decision by a fresh login (A2): bound to the session that showed the card. */
  | (AtIssuer & {
      readonly kind: 'decision';
      /** Public id of the session's token. */
      readonly session: string;
      readonly request: string;
      readonly statement: string;
    })
  /** A decision that waits for its passkey's signature, in the session that it was prepared for. */
  | {
      readonly kind: 'signature';
      readonly session: string;
      readonly request: string;
      readonly statement: string;
    }
  /** What a passkey that was just made is to sign, for the session or the invitation it was prepared for. */
  | ({ readonly kind: 'made'; readonly statement: string } & MadeFor)
  /** A passkey that waits for its owner's fresh login. */
  | (AtIssuer & {
      readonly kind: 'enrolment';
      readonly session: string;
      readonly statement: string;
      readonly signature: string;
    });

/** What somebody has gone to an issuer for. */
export interface AtIssuer {
  readonly issuer: string;
  /** As its answer has to repeat it. */
  readonly state: string;
  /** For `Login.finish`. */
  readonly kept: string;
}

/** Public ids. */
export type MadeFor = { readonly session: string } | { readonly invite: string };

/** How long somebody may take to finish what they began. */
export const livesMs = 600_000;
/** Of one session or invitation: nobody has more windows open that they come back to. */
const mostOfOne = 20;
/** Anybody may begin to log in: beyond so many, the oldest of these are forgotten, and none of a session's. */
const mostOfStrangers = 10_000;

/**
 * What somebody begins takes nothing of what others began: each session and each invitation has a room of its
 * own, and strangers share one. A full room forgets its oldest. `nowMs`: of a clock that only goes forward.
 */
export function openPendingLogins(nowMs: () => number): PendingLogins {
  /** The oldest first, as all live equally long. */
  const kept = new Map<string, Kept>();
  const rooms = new Map<string, Set<string>>();
  const forget = (id: string): Kept | undefined => {
    const found = kept.get(id);
    kept.delete(id);
    const room = found === undefined ? undefined : rooms.get(found.room);
    room?.delete(id);
    if (found !== undefined && room?.size === 0) {
      rooms.delete(found.room);
    }
    return found;
  };
  const sweep = (): void => {
    for (const [id, { untilMs }] of kept) {
      if (nowMs() < untilMs) {
        return;
      }
      forget(id);
    }
  };
  return {
    keep(pending) {
      sweep();
      const room = roomOf(pending);
      const ids = rooms.get(room) ?? new Set();
      const [oldest] = ids;
      if (oldest !== undefined && ids.size >= (room === strangers ? mostOfStrangers : mostOfOne)) {
        forget(oldest);
      }
      const id = newNonce();
      rooms.set(room, ids.add(id));
      kept.set(id, { pending, room, untilMs: nowMs() + livesMs });
      return id;
    },
    take(id) {
      sweep();
      return forget(id)?.pending ?? null;
    },
    look(id) {
      sweep();
      return kept.get(id)?.pending ?? null;
    },
    get size() {
      return kept.size;
    },
  };
}

interface Kept {
  readonly pending: Pending;
  readonly room: string;
  readonly untilMs: number;
}

const strangers = 'strangers';

function roomOf(pending: Pending): string {
  if ('session' in pending) {
    return `session ${pending.session}`;
  }
  return 'invite' in pending ? `invite ${pending.invite}` : strangers;
}
