import type { RunId, Sha256 } from '../../base/ids.ts';
import { canonicalizeStrict } from '../../base/jcs.ts';
import { parseSignedText, type SeenLog } from './statement.ts';
import { startSchema } from './statement-schema.ts';

/** Its own namespace: no approval can be taken for a start, and no start for an approval. */
export const startNamespace = 'start@runbook/v1';

/** What whoever starts a run from an account of several signs, as JCS bytes: that it is them, and what. */
export interface StartStatement {
  readonly v: 1;
  readonly act: 'start' | 'resume';
  /** Chosen before the run exists: signed for one run, it starts no other. */
  readonly run: RunId;
  readonly runbook: string;
  /** SHA-256 of the runbook's file; null where a run is resumed, whose plan is frozen. */
  readonly source: Sha256 | null;
  readonly environment: string;
  /** Why the run is started; null where it is resumed. */
  readonly reason: string | null;
  /** How it is asked for; null where a run is resumed. */
  readonly asked: SignedAsk | null;
  readonly person: string;
  readonly time: string;
  readonly nonce: string;
  readonly log: SeenLog;
}

/** What makes a run of the same runbook another one: what it is given, and what it asks of policy. */
export interface SignedAsk {
  /** Digest of the plan's parameters (`paramsDigest`): secrets stand in it by their names alone. */
  readonly params: Sha256;
  readonly ticket: string | null;
  readonly not_before: string | null;
  readonly break_glass: string | null;
  readonly overrides: readonly string[];
  readonly reuse: string | null;
}

/** The JCS text that is signed and stored. */
export function encodeStart(statement: StartStatement): string {
  return canonicalizeStrict(statement);
}

/** Reads a signed text: canonical, and exactly this shape. Throws IntegrityError `statement_unreadable`. */
export function parseStart(text: string): StartStatement {
  return parseSignedText(text, startSchema, 'a signed start');
}
