import type { GlassReport, OwedReport, StandingReview } from '../approval/debt.ts';
import type { GrantUse } from '../approval/grant-report.ts';
import type { ChainLink, Initiator } from '../approval/people/people.ts';
import type { RequestContent } from '../approval/request.ts';
import type { GivenDecision, RequestState } from '../approval/request-state.ts';
import type { RequestId, RunId, Sha256 } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import type { Assurance, Verdict } from '../policy/policy.ts';
import type { Event } from '../run/events.ts';
import type { Command } from '../runbook/command.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Param } from '../runbook/runbook.ts';
import type { StepStatus } from '../runbook/step-status.ts';

export type RunStatus =
  | 'running'
  | 'waiting'
  | 'succeeded'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'denied'
  | 'cancelled'
  | 'unknown';

/** The object `--output json` prints. */
export interface RunReport extends GlassReport {
  readonly run: RunId;
  readonly runbook: string;
  readonly environment: string;
  /** Whether that was protected when it started. */
  readonly protected?: boolean;
  readonly status: RunStatus;
  readonly terminal: boolean;
  readonly exit_code: number;
  readonly stamp: 'advisory' | 'enforced';
  /** Denying rules that it asked to be lifted. */
  readonly overrides: readonly string[];
  /** What was started under break-glass, and whether somebody has reviewed it. */
  readonly reviews: readonly OwedReport[];
  readonly steps: readonly StepReport[];
  readonly requests: readonly RequestReport[];
  /** In words, why it stands where it stands; null where `status` says it all. */
  readonly reason: string | null;
  /** What may be done about it where policy denied; absent where nothing is known to help. */
  readonly hint?: string;
  readonly next: { readonly command: string } | null;
  /** What a person has to do before it goes on; absent where it waits for nothing of the kind. */
  readonly manual?: ManualReport;
  /** RFC 3339: nothing of it happens earlier; absent once it may begin. */
  readonly starts_at?: string;
}

/** Which keys sign the journal, and which one hands it on. */
export interface KeysReport {
  readonly origin: string;
  /** In order; the last signs now. */
  readonly keys: readonly {
    /** Signed-note verifier key. */
    readonly verifier_key: string;
    /** Sizes of the heads that it may sign; null: it signs now. */
    readonly from: number;
    readonly to: number | null;
    readonly ended: 'rotation' | 'lost' | 'compromised' | null;
    /** RFC 3339; null but for a key that was compromised. */
    readonly compromised_since: string | null;
  }[];
  /** The key, kept offline, that alone can hand the journal to another; null where none is named. */
  readonly recovery: {
    /** OpenSSH public key line. */
    readonly public: string;
    readonly fingerprint: string;
    /** The entry that names it. */
    readonly index: number;
  } | null;
}

/** A step that waits for a person to say how it went: `runbook done RUN STEP`. */
export interface ManualReport {
  readonly step: string;
  /** What to do. */
  readonly text: string;
  /** What they are asked for, by the name of the output. */
  readonly ask: Readonly<Record<string, Param>>;
  /** RFC 3339: it gives up then; null where it waits for ever. */
  readonly until: string | null;
}

export interface StepReport {
  readonly id: string;
  readonly name: string | null;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly exit_code?: number;
  readonly duration_ms?: number;
  readonly outputs?: { readonly [key: string]: Json };
  /** Why it failed, was skipped, denied or rejected; what a person said of it. */
  readonly reason?: string;
  /** Who said how a manual step went: a person, or an account that maps to nobody. */
  readonly done_by?: string;
  /** The approval of another run under which it started. */
  readonly grant?: GrantUse;
}

export interface RequestReport {
  readonly request: RequestId;
  /** The step; of several, the first. */
  readonly step: string;
  /** Present where one decision is asked for several. */
  readonly steps?: readonly string[];
  readonly digest: string;
  readonly words: string;
  readonly expires_at: string;
  readonly missing: readonly MissingApproval[];
  /** Where it is read whole; absent where nothing serves it. */
  readonly url?: string;
}

export interface MissingApproval {
  readonly slot: string;
  readonly count: number;
  readonly from: readonly string[];
}

/** A runbook file, read. */
export interface FoundRunbook {
  /** What it is called by; null where it was named as a file. */
  readonly name: string | null;
  /** For messages: relative to the caller's folder where it lies below it. */
  readonly file: string;
  readonly text: string;
  /** Where its steps run; empty where that is on another machine. */
  readonly dir: string;
  /** It lies in a trusted folder, and nobody else can change it there. */
  readonly trusted: boolean;
}

export interface ListedRunbook {
  readonly name: string;
  readonly file: string;
  readonly description: string | null;
  readonly params: readonly string[];
  /** How many steps are marked privileged in the file; null where the file is invalid. */
  readonly privileged: number | null;
  readonly problem: string | null;
}

export interface RunSummary extends GlassReport {
  readonly run: RunId;
  readonly runbook: string;
  readonly environment: string;
  /** Whether that was protected when it started; absent where its plan is gone. */
  readonly protected?: boolean;
  readonly status: RunStatus;
  /** How many of its requests are open; absent once it has ended. */
  readonly open_requests?: number;
  readonly started: string;
  readonly caller: string;
  /** Everyone behind it when it started. */
  readonly chain?: readonly ChainLink[];
  readonly reason?: string | null;
  /** What was run where it is a command and no runbook; absent otherwise. */
  readonly command?: string;
}

export interface RequestSummary {
  readonly request: RequestId;
  readonly words: string;
  readonly run: RunId;
  readonly runbook: string;
  /** The step; of several, the first. */
  readonly step: string;
  /** Present where one decision is asked for several. */
  readonly steps?: readonly string[];
  readonly environment: string;
  readonly state: RequestState;
  readonly created: string;
  readonly expires_at: string;
  readonly missing: readonly MissingApproval[];
}

export interface RequestDetail {
  /** Leaf hash of the request: what a decision names. */
  readonly hash: Sha256;
  readonly content: RequestContent;
  /** Of several steps, the first one's. */
  readonly command: Command;
  /** The commands of the other steps, in the request's order; absent where there is one. */
  readonly others?: readonly Command[];
  readonly previous: Command | null;
  readonly words: string;
  readonly state: RequestState;
  readonly missing: readonly MissingApproval[];
  readonly decisions: readonly GivenDecision[];
  /** How the step stands since it was claimed, in words; null before. */
  readonly outcome: string | null;
  /** Of what was started under break-glass; null where nothing was. */
  readonly review: StandingReview | null;
  /** Where it is read whole; absent where nothing serves it. */
  readonly url?: string;
}

export interface DecisionReport {
  readonly request: RequestId;
  readonly run: RunId;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly person: string;
  readonly assurance: Assurance;
  readonly missing: readonly MissingApproval[];
  /** Where the decision stands: its index and the checkpoint that covers it, for the receipt. */
  readonly recorded: { readonly index: number; readonly checkpoint: string };
  readonly duplicate: boolean;
}

export interface PlanReport {
  readonly plan: Plan;
  readonly initiator: Initiator;
  /** Why the caller could not start it; null where they could. */
  readonly refusal: { readonly message: string; readonly hint: string | null } | null;
  readonly steps: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly list: 'preconditions' | 'steps' | 'finally';
    readonly summary: string;
    readonly verdict: Verdict;
    /** Command digest where everything it needs is known before the run; null where earlier outputs feed it. */
    readonly digest: string | null;
    readonly command: Command | null;
    readonly not_bound: readonly string[];
  }[];
}

export interface LogPiece {
  readonly step: string;
  readonly attempt: number;
  readonly stream: 'stdout' | 'stderr';
  /** Empty where it was erased. */
  readonly bytes: Buffer;
  /** When and why it was erased, in words; absent where it was not. */
  readonly erased?: string;
}

export interface AuditLine {
  readonly index: number;
  readonly time: string;
  readonly type: Event['type'];
  readonly run: RunId | null;
  /** The entry in one line for a person. */
  readonly summary: string;
  readonly hash: string;
}

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint: string | null;
}
