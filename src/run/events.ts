import type { Attested, LoginEvidence } from '../approval/court/attested.ts';
import type { ChainLink, Initiator } from '../approval/people/people.ts';
import type { RequestContent } from '../approval/request.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import type { TokenIssued } from '../approval/token.ts';
import type { BlobId, RequestId, RunId, Sha256 } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import type { Assurance, DenyReason, Evaluation, ListAnswer } from '../policy/policy.ts';
import type { EnrolmentEvent } from './enrolment-events.ts';
import type { ManualAsked, ManualDone } from './manual-events.ts';
import type { RemoteCopy } from './remote-copy.ts';
import type { TrailEvent } from './trail-events.ts';

/**
 * Every kind of entry, with its `data`. Entries are the runs' events: a run's state is the fold of its
 * own. Types and keys never change meaning once written; a new meaning is a new type.
 */
export type Event =
  | { readonly type: 'log.genesis'; readonly data: Genesis }
  | { readonly type: 'config.set'; readonly data: ConfigSet }
  | { readonly type: 'run.started'; readonly data: RunStarted }
  | { readonly type: 'run.resumed'; readonly data: RunResumed }
  | { readonly type: 'run.cancel_requested'; readonly data: CancelRequested }
  | { readonly type: 'run.finished'; readonly data: RunFinished }
  | {
      readonly type: 'step.skipped';
      readonly data: { readonly step: string; readonly why: string };
    }
  | { readonly type: 'step.denied'; readonly data: StepDenied }
  | { readonly type: 'step.started'; readonly data: StepStarted }
  | { readonly type: 'step.finished'; readonly data: StepFinished }
  | { readonly type: 'step.unknown'; readonly data: StepUnknown }
  | { readonly type: 'step.resolved'; readonly data: StepResolved }
  | { readonly type: 'step.late'; readonly data: StepFinished }
  | { readonly type: 'approval.requested'; readonly data: RequestContent }
  | { readonly type: 'approval.decided'; readonly data: Decided }
  | { readonly type: 'approval.expired'; readonly data: Expired }
  | { readonly type: 'approval.superseded'; readonly data: Superseded }
  | { readonly type: 'approval.reminded'; readonly data: Reminded }
  | { readonly type: 'manual.asked'; readonly data: ManualAsked }
  | { readonly type: 'manual.done'; readonly data: ManualDone }
  | { readonly type: 'grant.revoked'; readonly data: GrantRevoked }
  | { readonly type: 'break_glass.reviewed'; readonly data: BreakGlassReviewed }
  | { readonly type: 'token.issued'; readonly data: TokenIssued }
  | { readonly type: 'token.revoked'; readonly data: TokenRevoked }
  | EnrolmentEvent
  | TrailEvent;

export type EventType = Event['type'];

export interface Genesis {
  readonly format: 'runbook.journal/v1';
  readonly origin: string;
  /** The first signing key: signed-note name, key id (8 hex), Ed25519 public key (base64, 32 bytes). */
  readonly key: { readonly name: string; readonly id: string; readonly public: string };
  /** Public key of the offline recovery key; null until it exists. */
  readonly recovery: string | null;
  readonly host: string;
  readonly uid: number;
  readonly program: string;
}

/** The trusted files in force from here on; blobs hold the full text as read. */
export interface ConfigSet {
  readonly people: BlobId;
  readonly policy: BlobId;
  readonly config: BlobId;
  readonly people_digest: Sha256;
  readonly policy_digest: Sha256;
  readonly config_digest: Sha256;
  /** Identity of whoever's process found the change: `os:ana@web1`. */
  readonly by: string;
}

export interface RunStarted {
  readonly runbook: {
    readonly name: string;
    readonly file: string;
    readonly source: Sha256;
    readonly trusted: boolean;
  };
  readonly plan: BlobId;
  readonly plan_digest: Sha256;
  readonly environment: string;
  readonly initiator: Initiator;
  readonly reason: string | null;
  readonly ticket: string | null;
  readonly steps: readonly {
    readonly id: string;
    readonly list: 'preconditions' | 'steps' | 'finally';
    readonly privileged: boolean;
  }[];
  /** Commitments of the secrets; their salts are openings. */
  readonly secrets: Readonly<Record<string, Sha256>>;
  readonly host: string;
  readonly uid: number;
  readonly config: number;
  readonly stamp: 'advisory' | 'enforced';
  readonly program: string;
  /** The run was started through the API and is driven by the server; absent where the caller's own process drives it. */
  readonly via?: 'api';
  /** RFC 3339: nothing of it happens earlier (`--at`). */
  readonly not_before?: string;
  /** The rule under which it breaks the glass (`--break-glass`). */
  readonly break_glass?: string;
  /** Denying rules that it asks to be lifted (`--override`). */
  readonly overrides?: readonly string[];
  /** The grant rule under which it asks for an approval that holds longer (`--grant`). */
  readonly reuse?: string;
  /**
   * Addresses of whoever wrote each step, as git has them; null where git could not say. Only the steps
   * of a runbook that some rule wants to know this of.
   */
  readonly authors?: Readonly<Record<string, readonly string[] | null>>;
  /** The start under somebody's own signature (`--as`): JCS text and SSHSIG. */
  readonly signed?: SignedStatement;
}

/** Somebody takes a run on, and joins its chain. */
export interface RunResumed {
  readonly links: readonly ChainLink[];
  /** As `RunStarted.signed`. */
  readonly signed?: SignedStatement;
}

/** Told again, or told to further people. Changes nothing: who may decide, the clock and the slots say. */
export interface Reminded {
  readonly request: RequestId;
  /** 1-based among the request's reminders. */
  readonly nth: number;
  /** Who it went to: the slots' people, or those it was escalated to. */
  readonly to: readonly string[];
  readonly kind: 'reminder' | 'escalation';
}

/** A grant that held for later runs ends. */
export interface GrantRevoked {
  readonly request: RequestId;
  readonly by: ChainLink;
  readonly reason: string | null;
}

/** A signed review of what was done under break-glass: the debt is paid. */
export interface BreakGlassReviewed {
  readonly request: RequestId;
  readonly scope: string;
  readonly person: string;
  readonly finding: 'justified' | 'unjustified';
  readonly reason: string;
  readonly statement: string;
  readonly signature: string;
  /** What each list said by which it was decided who may review. */
  readonly lists?: Readonly<Record<string, ListAnswer>>;
}

export interface CancelRequested {
  readonly by: ChainLink;
  readonly reason: string | null;
}

export interface RunFinished {
  readonly status: 'succeeded' | 'failed' | 'rejected' | 'denied' | 'cancelled';
  readonly exit_code: number;
}

export interface StepDenied {
  readonly step: string;
  readonly evaluation: Evaluation;
  readonly reasons: readonly DenyReason[];
}

/** Durable before the spawn. `(run, step, attempt)` is unique. A probe's step is `ID/check`. */
export interface StepStarted {
  readonly step: string;
  readonly attempt: number;
  readonly digest: Sha256;
  /** Blob of the canonical command; null where no approval was needed. */
  readonly command: BlobId | null;
  /** RUNBOOK_ATTEMPT of the process. */
  readonly token: string;
  readonly permit:
    | { readonly kind: 'policy'; readonly evaluation: Evaluation }
    | {
        readonly kind: 'grant';
        readonly request: RequestId;
        /** 1-based; at most the grant's `uses`. Of several steps each counts its own, of a reused grant all runs. */
        readonly use: number;
        readonly evaluation: Evaluation;
        /** Values of the template's holes, by name: with them it is this command. */
        readonly holes?: Readonly<Record<string, Json>>;
        /** The run whose request it is, where that is another one (a grant that is reused). */
        readonly lent_by?: RunId;
        /** Of a lent grant: the people whose approvals it stands on, as they were counted. */
        readonly approved_by?: readonly string[];
        /** What each of them approved with: `ssh:…`, `slack:…`. */
        readonly approved_with?: Readonly<Record<string, readonly string[]>>;
        /** Of a lent grant: the four words of its request, and how many uses there are in all. */
        readonly lent?: { readonly words: string; readonly of: number };
        /** The scope in which a review is owed from here on. */
        readonly break_glass?: string;
      }
    | { readonly kind: 'check'; readonly of: Sha256 };
}

export interface StepFinished {
  readonly step: string;
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed';
  /** Why it failed, in words; where it succeeded null, or why its output was not kept. */
  readonly reason: string | null;
  /** What a retry policy may match on. */
  readonly failure:
    | 'exit'
    | 'status'
    | 'expect'
    | 'timeout'
    | 'start'
    | 'cancelled'
    | 'outputs'
    | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly stdout: BlobId | null;
  readonly stderr: BlobId | null;
  /** Blob of a JSON object: the step's outputs that are not secret. */
  readonly outputs: BlobId | null;
  readonly secret_outputs: Readonly<Record<string, Sha256>>;
  /** Who had its `step.started` elsewhere before anything was spawned, where policy demanded that. */
  readonly remote?: readonly RemoteCopy[];
}

export interface StepUnknown {
  readonly step: string;
  readonly attempt: number;
  readonly why: string;
}

export interface StepResolved {
  readonly step: string;
  readonly attempt: number;
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly by: 'check' | 'idempotent' | 'person';
  readonly reason: string | null;
  /** Present where a person settled it: the identity, and for privileged steps the signed resolution. */
  readonly link: ChainLink | null;
  readonly statement: string | null;
  readonly signature: string | null;
}

/** An approve, reject or revoke, signed or attested. Its id is the SHA-256 of `statement`. */
export interface Decided {
  readonly request: RequestId;
  readonly id: Sha256;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly person: string;
  readonly reason: string | null;
  readonly assurance: Assurance;
  /** User presence and verification that the evidence proves. */
  readonly presence: boolean;
  readonly verified: boolean;
  /** How it reached us: `cli`, `offline`, `prompt`, `security_key`, `spool`, `slack`, `teams`, `api`, `web`. */
  readonly channel: string;
  readonly statement: string;
  /** SSHSIG over the statement (A3); null where a login (A2) or a receiver's word stands for it. */
  readonly signature: string | null;
  /** Where `signature` is null, exactly one of these is present. */
  readonly attested?: Attested;
  readonly login?: LoginEvidence;
}

export interface Expired {
  readonly request: RequestId;
  /** `pending`: nobody decided in time. `unused`: approved, but not claimed in time. */
  readonly which: 'pending' | 'unused';
}

export interface Superseded {
  readonly request: RequestId;
  /** What differs, in lines fit for a person. */
  readonly changes: readonly string[];
}

export interface TokenRevoked {
  readonly token: string;
  readonly by: string;
}

/** An event as it stands in the journal. */
export interface Recorded<E extends Event = Event> {
  readonly seq: number;
  readonly time: string;
  readonly run: RunId | null;
  readonly event: E;
  /** Leaf hash. */
  readonly hash: Sha256;
}
