import type { Scope, TokenHolder } from '../approval/token.ts';

/** What the doors tell people of themselves: who they are here, and how they come in and decide. */

/** Who a service takes its caller for. */
export interface Me {
  /** `os:ana@web1`, `token:4f7k…`. */
  readonly identity: string;
  readonly kind: 'person' | 'agent' | 'ci' | 'unknown';
  /** The person behind it; null where it maps to none. */
  readonly person: string | null;
  /** What the caller may do; all of them for the journal's own account. */
  readonly scopes: readonly Scope[];
  /** RFC 3339; null where it does not end. */
  readonly expires_at: string | null;
  /** The journal that the service keeps. */
  readonly origin: string;
}

export interface TokenSummary {
  readonly token: string;
  readonly holder: TokenHolder;
  readonly scopes: readonly Scope[];
  readonly label: string | null;
  readonly issued_at: string;
  readonly expires_at: string;
  readonly revoked_at: string | null;
  readonly issued_by: string;
}

/** A passkey that an entry enrolled. */
export interface PasskeySummary {
  readonly passkey: string;
  readonly person: string;
  readonly label: string | null;
  /** The page it counts on. */
  readonly origin: string;
  /** OpenSSH public key line. */
  readonly public: string;
  /** Base64url: what a page asks the browser for. */
  readonly credential: string;
  readonly enrolled_at: string;
  /** `invite 4f7k… by os:ana@web1 (ana)`, with whose account that is now, or `login at https://login.example.com`. */
  readonly enrolled_by: string;
  readonly removed_at: string | null;
}

/** A passkey that its owner has no more. */
export interface RemovedPasskey extends PasskeySummary {
  /** Sessions that it had opened, and that ended with it just now. */
  readonly sessions_ended: number;
}

/** A one-time link's secret, shown once. */
export interface Invitation {
  readonly invite: string;
  readonly secret: string;
  readonly person: string;
  readonly expires_at: string;
  /** Where the server that serves this journal just now is seen; null where none runs. */
  readonly page: string | null;
}

/** How the caller can decide a request just now. */
export interface DecisionWays {
  /** Null where the caller is no person. */
  readonly person: string | null;
  /** Why they cannot approve whatever they show; null where they can. Rejecting may be open all the same. */
  readonly refusal: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
  } | null;
  /**
   * Whether an approval by each way fills a slot that asks them now, and that their own approval does not
   * fill already: with `refusal` null and all of them false, they have said all they can.
   */
  readonly approve: {
    /** A passkey's signature (A3), also where they have enrolled none yet. */
    readonly passkey: boolean;
    /** A fresh login for this statement (A2): issuers are configured, and they have an account with one. */
    readonly login: boolean;
    /** What the session alone proves, where that fills one: A0 where the initiator could have made it up. */
    readonly session: 'A0' | 'A1' | null;
  };
  /** A no takes nothing but who they are. */
  readonly reject: boolean;
  /** Their own approval stands and can be taken back. */
  readonly revoke: boolean;
  /** Their passkeys. */
  readonly passkeys: readonly PasskeySummary[];
}

/** Channels in which people have accounts that can be linked. */
export type LinkChannel = 'slack';

/** A link that waits for its code to be typed in the chat. */
export interface BegunLink {
  readonly person: string;
  /** 8 characters, see `normalizeCode`. */
  readonly code: string;
  readonly expires_at: string;
}

/** The account that proved to be of the person who began. */
export interface LinkedAccount {
  readonly person: string;
  /** `slack:T0123ABCD/U0123ABCD` */
  readonly identity: string;
  /** What the account calls itself; decides nothing. */
  readonly name: string;
}
