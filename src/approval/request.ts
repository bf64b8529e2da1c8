import type { BlobId, RequestId, RunId, Sha256 } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import type { Override } from '../policy/overrides.ts';
import type { BreakGlassTerms, Evaluation, RemoteDemand, Slot } from '../policy/policy.ts';
import type { Hole } from '../runbook/holes/hole.ts';
import type { Initiator } from './people/people.ts';

/** What a step does where it fails or is cut short. */
export interface Effect {
  readonly idempotent: boolean;
  readonly continue_on_error: boolean;
  readonly has_check: boolean;
}

/**
 * Request v1: the frozen content a reviewer sees, and the `data` of one `approval.requested` entry. Cards
 * are rendered from it and the blobs it names, from nothing else. Fields that later work fills stand
 * here as null from the first day, so that evidence keeps its form.
 */
export interface RequestContent {
  readonly v: 1;
  readonly id: RequestId;
  readonly run: RunId;
  /** The step; of several, the first. */
  readonly step: string;
  /** The step's `name`, as written. */
  readonly name: string | null;
  readonly runbook: {
    readonly name: string;
    readonly plan: BlobId;
    readonly source: Sha256;
    readonly trusted: boolean;
  };
  /** What is decided: one command here; several when steps are decided together. */
  readonly commands: readonly {
    readonly step: string;
    readonly digest: Sha256;
    /** Blob of the canonical `Command`. With holes it is a template, and `digest` is the template's. */
    readonly command: BlobId;
    /** What fills the template's marks, and how far it may go. */
    readonly holes?: readonly Hole[];
    /** Of an approval that holds for later runs: what the run that asks fills the holes with. */
    readonly values?: Readonly<Record<string, Json>>;
    /** Of several steps: how often this one may start; `grant.uses` where absent. */
    readonly uses?: number;
    /** Of several steps: what this one does where it fails or is cut short. */
    readonly effect?: Effect;
  }[];
  /** First attempt this grant may be used for. */
  readonly attempt: number;
  readonly target: {
    readonly environment: string;
    readonly protected: boolean;
    readonly host: string;
    readonly uid: number;
    readonly user: string;
  };
  readonly initiator: Initiator;
  readonly why: { readonly reason: string | null; readonly ticket: string | null };
  readonly policy: {
    readonly slots: readonly Slot[];
    readonly evaluation: Evaluation;
  };
  /** Names of the secrets the command will be given. */
  readonly secrets: readonly string[];
  /** What the digest cannot cover, in words. */
  readonly not_bound: readonly string[];
  /** Of several steps: what any of them does. */
  readonly effect: Effect;
  readonly grant: {
    readonly uses: number;
    /** The approval holds for later runs of the same runbook, step and target, within these terms. */
    readonly reuse?: {
      readonly rule: string;
      readonly max_uses: number;
      /** From the approval on. */
      readonly for_ms: number;
    };
  };
  readonly rollback: null;
  /** Whoever signs acts alone and owes a review; null for every ordinary request. */
  readonly break_glass: BreakGlassTerms | null;
  /** Rules that deny this, each in its own words, and that the approval lifts for it. */
  readonly overrides?: readonly Override[];
  readonly limits: {
    readonly created: string;
    readonly pending_until: string;
    /** How long an approval may wait for its claim. */
    readonly unused_ms: number;
    /** Reviewers are told again this often. */
    readonly remind_ms?: number;
    /** It starts only once so many copies elsewhere have it. What policy demands at the claim holds. */
    readonly remote?: RemoteDemand;
    /** The run starts no earlier; until then an approval does not lie unused. */
    readonly not_before?: string;
  };
  /** The request this one replaces, and what differs from it, in lines fit for a person. */
  readonly supersedes: {
    readonly request: RequestId;
    readonly changes: readonly string[];
  } | null;
  /** The last time this step of this runbook ran in this environment. */
  readonly previous: {
    readonly run: RunId;
    readonly time: string;
    readonly outcome: string;
    readonly digest: Sha256;
    readonly command: BlobId;
  } | null;
  /** What an agent says about itself. Shown last, marked unverified. */
  readonly unverified: { readonly agent: string; readonly text: string } | null;
}
