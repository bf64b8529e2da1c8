import type { TokenIssued } from '../approval/token.ts';
import type { RequestId, RunId, Sha256 } from '../base/ids.ts';
import type { EventType } from '../run/events.ts';

/** What the store's indexes answer: never truth, always the way to the entries. */

export interface RunRow {
  readonly run: RunId;
  readonly runbook: string;
  readonly environment: string;
  readonly started: string;
  /** Identity of the caller. */
  readonly caller: string;
  /** `api`: a server drives it. */
  readonly via: 'cli' | 'api';
  /** Status as of the last entry; expiry that nobody recorded yet does not show here. */
  readonly status: string;
  /** Sequence number of `run.started`. */
  readonly first: number;
}

export interface TokenRow extends Omit<TokenIssued, 'hash'> {
  readonly issued: string;
  /** RFC 3339; null while it stands. */
  readonly revoked: string | null;
  /** Sequence number of `token.issued`: a row is no more than the way there. */
  readonly seq: number;
}

export interface RequestRow {
  readonly request: RequestId;
  readonly run: RunId;
  readonly runbook: string;
  readonly step: string;
  readonly environment: string;
  readonly words: string;
  /** Sequence number of `approval.requested`. */
  readonly seq: number;
  readonly created: string;
  readonly pending_until: string;
}

export interface ReuseQuery {
  /** SHA-256 of the runbook's file. */
  readonly source: Sha256;
  readonly step: string;
  readonly environment: string;
}

export interface ReusableRow extends ReuseQuery {
  readonly request: RequestId;
  readonly run: RunId;
  readonly runbook: string;
  /** Name of the grant rule. */
  readonly rule: string;
  readonly max_uses: number;
  readonly for_ms: number;
  /** Starts under it so far, in whichever run. */
  readonly uses: number;
  readonly created: string;
  readonly revoked: string | null;
}

export interface DebtRow {
  readonly request: RequestId;
  readonly run: RunId;
  readonly scope: string;
  readonly step: string;
  readonly started: string;
  /** RFC 3339: the review was due by then. */
  readonly due: string;
  /** RFC 3339; null while it is owed. */
  readonly reviewed: string | null;
}

export interface PreviousQuery {
  readonly runbook: string;
  readonly step: string;
  readonly environment: string;
  readonly before: number;
}

/** An entry of which only the leaf hash is kept. */
export interface PrunedEntry {
  readonly seq: number;
  readonly hash: Sha256;
  /** RFC 3339, as the entry had it; only the hash is proven. */
  readonly time: string;
}

/** Which entries are looked for; what is left out restricts nothing. */
export interface EntryQuery {
  /** Only earlier ones. */
  readonly before: number;
  readonly limit: number;
  readonly run?: RunId;
  readonly types?: readonly EventType[];
  /** Of its run. */
  readonly runbook?: string;
  readonly environment?: string;
}
