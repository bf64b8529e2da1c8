import type { LoggedInStatement } from '../approval/court/attested.ts';
import type { DebtReport, ReviewReport } from '../approval/debt.ts';
import type { GrantReport } from '../approval/grant-report.ts';
import type { RequestFile } from '../approval/request-file.ts';
import type { RotationReason } from '../approval/statement/key-statement.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import type { Scope, TokenHolder } from '../approval/token.ts';
import type { ControlReport } from '../audit/report/control-report.ts';
import type { RunId, Sha256 } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import type { Recorded } from '../run/events.ts';
import type { ExportedEvidence, ExportInput } from './evidence/export-evidence.ts';
import type {
  BegunLink,
  DecisionWays,
  Invitation,
  LinkChannel,
  LinkedAccount,
  Me,
  PasskeySummary,
  RemovedPasskey,
  TokenSummary,
} from './login-reports.ts';
import type { SyncInput, SyncReport } from './replicate/sync-sinks.ts';
import type { ControlReportInput } from './report/control-report.ts';
import type { EntryFilter } from './report/entry-filter.ts';
import type {
  AuditLine,
  DecisionReport,
  Finding,
  FoundRunbook,
  KeysReport,
  ListedRunbook,
  LogPiece,
  PlanReport,
  RequestDetail,
  RequestSummary,
  RunReport,
  RunSummary,
} from './reports.ts';
import type { EraseInput, EraseReport } from './retain/erase-content.ts';
import type { PruneInput, PruneReport } from './retain/prune-log.ts';
import type { VerifyInput, VerifyReport } from './verify.ts';

/**
 * The one interface between the doors and the work: the CLI in this process today, the same commands
 * over HTTPS later. Runs and requests are named by a unique prefix of their id (a request also by its
 * words); null means the latest run, or the only open request. Unknown or ambiguous names throw
 * UsageError. Every answer is plain data in the JSON form of the CLI's contract.
 */
export interface Service {
  /** Who the service takes the caller for. */
  me(): Promise<Me>;
  /** Every runbook that can be called by its name. */
  runbooks(): Promise<readonly ListedRunbook[]>;
  /** Finds a runbook by name; on this machine also by file. Throws UsageError `runbook_unknown`, `runbook_ambiguous`. */
  openRunbook(nameOrFile: string): Promise<FoundRunbook>;
  /** What would run and what each step would need, without touching the journal. */
  plan(input: StartInput): Promise<PlanReport>;
  /** Freezes the plan and records the run. Nothing has run yet. Throws DeniedError where a later gate could never open. */
  start(input: StartInput): Promise<RunId>;
  /** Drives a run until it ends or must wait for a person. Throws HeldError where another process drives it. */
  drive(run: RunId, options: DriveOptions): Promise<RunReport>;
  /** Records that the caller takes a run on, after its secrets were read again. `drive` follows. */
  resume(input: ResumeInput): Promise<RunId>;
  /** Waits, without driving, until the run ends or `timeoutMs` passed. */
  wait(run: string | null, timeoutMs: number | null, signal: AbortSignal): Promise<RunReport>;
  /** Asks the holder to stop; where nobody holds the run, ends it here, with its `finally`. */
  cancel(run: string | null, reason: string | null, options: DriveOptions): Promise<RunReport>;
  /** Settles a step whose outcome is unknown. A privileged step takes a signed resolution. */
  resolve(input: ResolveInput): Promise<RunReport>;
  /** A person says how a step went that they were asked to do. Throws DeniedError `agent_does_manual`. */
  done(input: DoneInput): Promise<RunReport>;

  status(run: string | null): Promise<RunReport>;
  /** The newest first; with `caller` (an identity) only those that this one started. */
  runs(limit: number, caller?: string): Promise<readonly RunSummary[]>;
  /** Stored output of a run's steps, in order; `step` null is all of them. */
  logs(run: string | null, step: string | null): Promise<readonly LogPiece[]>;
  /** Entries of a run after `from` (its own count), for ndjson. */
  events(run: RunId, from: number): Promise<readonly Recorded[]>;

  /** The newest first, all unless `page` says how many, and of whose runs. */
  requests(open: boolean, page?: Page): Promise<readonly RequestSummary[]>;
  /** The request with proofs from the head of `seenSize` on (null: nothing seen). */
  review(request: string | null, seenSize: number | null): Promise<RequestFile>;
  /** The started step whose outcome is unknown, likewise. */
  reviewStarted(run: string, step: string, seenSize: number | null): Promise<RequestFile>;
  /** The head of the journal, likewise, for whoever signs a start as this person. */
  reviewHead(person: string, seenSize: number | null): Promise<RequestFile>;
  /** Everything a card is laid out from. */
  describeRequest(request: string | null): Promise<RequestDetail>;
  /** The only way in for approve, reject and revoke. Throws DeniedError or IntegrityError with the reason. */
  decide(signed: SignedStatement, channel: string): Promise<DecisionReport>;
  /**
   * Decides as the person the caller's token was issued to: attested by the server, signed by nobody.
   * Throws as `decide`, and DeniedError `not_a_person`, `agent_decides`, `scope_missing`,
   * `assurance_too_low`, UsageError `other_request`, LoginError where the token opens nothing any more.
   */
  decideAsMyself(input: OwnDecision): Promise<DecisionReport>;

  /** How the caller can decide this request now, for a page to offer no more than that. */
  waysToDecide(request: string): Promise<DecisionWays>;
  /**
   * Composes what the caller would decide, as JCS text: to be signed by their passkey and handed to `decide`,
   * or to log in for anew and be handed to `decideByLogin`. Records nothing. Throws as `decideAsMyself`.
   */
  prepareDecision(input: OwnDecision): Promise<string>;
  /** Records what somebody logged in for (A2). Throws as `decide`. */
  decideByLogin(said: LoggedInStatement, channel: string): Promise<DecisionReport>;

  /** Every passkey that was enrolled, removed ones too, newest first; of everybody, or of one person. */
  passkeys(person?: string): Promise<readonly PasskeySummary[]>;
  /** A one-time invitation to enrol a passkey. Throws UsageError `person_unknown`, `page_unnamed`, DeniedError `scope_forbidden`. */
  invitePasskey(person: string, expiresInMs: number): Promise<Invitation>;
  /**
   * With the sessions that it opened: its owner's own, or anybody's on the journal's own account. Throws UsageError
   * `passkey_unknown`, DeniedError `scope_forbidden`.
   */
  removePasskey(passkey: string, reason: string | null): Promise<RemovedPasskey>;

  /** Approvals that hold for later runs, the newest first; with `all` those too that do not, or no more. */
  grants(all: boolean): Promise<readonly GrantReport[]>;
  /**
   * Ends one for all runs. Throws UsageError `not_reusable`, DeniedError `initiator_unknown`. Twice is the
   * same as once.
   */
  revokeGrant(request: string, reason: string | null): Promise<GrantReport>;

  /** What was done under break-glass, the newest first; without `all` only what nobody has reviewed. */
  breakGlass(all: boolean): Promise<readonly DebtReport[]>;
  /** The first start under a break-glass request, likewise with proofs. Throws UsageError `nothing_to_review`. */
  reviewOwed(request: string, seenSize: number | null): Promise<RequestFile>;
  /**
   * Records a signed review; a second one answers with the first. Throws UsageError `request_unknown`,
   * `nothing_to_review`, `review_too_early`, DeniedError or IntegrityError with the reason.
   */
  reviewBreakGlass(signed: SignedStatement): Promise<ReviewReport>;

  /** The newest entries that fit, oldest of them first. Throws UsageError where nobody knows a name. */
  auditLog(filter: EntryFilter): Promise<readonly AuditLine[]>;
  /** One entry whole, with its inclusion proof. */
  auditShow(index: number): Promise<Json>;
  verify(input: VerifyInput): Promise<VerifyReport>;
  /** Verifies the journal, and says what it shows about a framework's controls. */
  reportControls(input: ControlReportInput): Promise<ControlReport>;
  /** Deletes content for good, and says so in the log. Throws UsageError `still_needed`, `blob_unknown`, `value_unknown`. */
  erase(input: EraseInput): Promise<EraseReport>;
  /** Reduces runs that ended long ago to leaf hashes, and says so in the log. */
  prune(input: PruneInput): Promise<PruneReport>;
  /** Evidence for an auditor, in one file; that it was made is recorded. */
  exportEvidence(input: ExportInput): Promise<ExportedEvidence>;
  /** Brings the copies elsewhere up to date now. Throws UsageError `sink_unknown`. */
  syncSinks(input: SyncInput): Promise<SyncReport>;
  rebuild(progress: (done: number, of: number) => void): Promise<void>;
  doctor(): Promise<readonly Finding[]>;
  /** Opens (and where it is new, makes) the journal and records the trusted files. */
  initialise(): Promise<{
    readonly origin: string;
    readonly verifierKey: string;
    readonly created: boolean;
  }>;
  /** Which keys sign the journal, and which one hands it on. */
  keys(): Promise<KeysReport>;
  /** What is to be signed for a change of keys; nothing is recorded. For a rotation the new key is made. */
  prepareKeyChange(change: KeyChange): Promise<PreparedChange>;
  /** Takes that back where nobody will sign it. What was recorded stays. */
  abandonKeyChange(prepared: Pick<PreparedChange, 'statement'>): Promise<void>;
  /** Records what was signed. Throws IntegrityError `E_KEY_ROTATION` with the reason. */
  recordKeyChange(signed: SignedChange): Promise<KeysReport>;
  /** Throws DeniedError `scope_forbidden` where this caller may not give away such a token. */
  issueToken(input: TokenInput): Promise<TokenSummary & { readonly secret: string }>;
  tokens(): Promise<readonly TokenSummary[]>;
  /** Throws UsageError `token_unknown`. Revoking twice is the same as once. */
  revokeToken(token: string): Promise<TokenSummary>;
  /** Begins to link a chat account to the caller. Throws DeniedError `not_a_person`. */
  beginLink(channel: LinkChannel): Promise<BegunLink>;
  /** The account that typed the first code, to who knows the second. Throws DeniedError `link_refused`. */
  finishLink(channel: LinkChannel, answer: string): Promise<LinkedAccount>;
  close(): Promise<void>;
}

/** Another key for the journal, or another recovery key. */
export type KeyChange =
  | {
      readonly act: 'rotate';
      readonly reason: RotationReason;
      /** RFC 3339, for `compromised`; otherwise null. */
      readonly since: string | null;
    }
  | {
      readonly act: 'recovery';
      /** OpenSSH public key line. */
      readonly public: string;
    };

export interface PreparedChange {
  /** JCS text, to be signed in the namespace `key@runbook/v1`. */
  readonly statement: string;
  /** Public key lines of all who have to sign it. */
  readonly signers: readonly string[];
}

export interface SignedChange {
  readonly statement: string;
  /** SSHSIG blobs, base64, in any order. */
  readonly signatures: readonly string[];
}

export interface Page {
  readonly limit: number;
  /** The identity that started the run; everybody's unless said. */
  readonly caller?: string;
}

/** What the caller decides with nothing but their login. */
export interface OwnDecision {
  readonly request: string;
  /** Leaf hash of the request that they saw: it must be the one that `request` names. */
  readonly hash: Sha256;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly reason: string | null;
  /** What it came through; `api` unless said. */
  readonly channel?: 'api' | 'web';
}

export interface TokenInput {
  readonly holder: TokenHolder;
  readonly scopes: readonly Scope[];
  readonly label: string | null;
  /** From now on. */
  readonly expiresInMs: number;
}

export interface StartInput {
  readonly source: FoundRunbook;
  readonly given: Readonly<Record<string, Json>>;
  readonly environment: string | null;
  readonly reason: string | null;
  readonly ticket: string | null;
  /**
   * The id that the run gets; a new one unless given. Whoever may have to ask twice chooses it first: two
   * starts under one id are one run, and the second throws UsageError `run_exists`.
   */
  readonly run?: RunId;
  /** RFC 3339: nothing of it happens earlier. */
  readonly notBefore?: string;
  /** Names of policy's rules: see `Asked`. */
  readonly breakGlass?: string;
  readonly overrides?: readonly string[];
  readonly reuse?: string;
  /** Whoever starts it from an account that several share signs that they do; needs `run`. */
  readonly signed?: SignedStatement;
}

export interface ResumeInput {
  /** As `StartInput.signed`. */
  readonly signed?: SignedStatement;
  readonly run: string | null;
  readonly given: Readonly<Record<string, Json>>;
}

export interface ResolveInput {
  readonly run: string;
  readonly step: string;
  readonly outcome: 'succeeded' | 'failed' | 'retry';
  readonly reason: string;
  readonly signed: SignedStatement | null;
}

export interface DoneInput {
  readonly run: string;
  readonly step: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly note: string | null;
  /** What they were asked for, by name; text is converted to the type that was asked. */
  readonly given: Readonly<Record<string, Json>>;
}

export interface DriveOptions {
  /** At a gate: stop at once, wait until the request expires, or wait this long. */
  readonly wait: 'stop' | 'expiry' | { readonly ms: number };
  /** First abort: end what runs, or detach from a gate. */
  readonly signal: AbortSignal;
  /** Second abort: skip what is left, `finally` too. */
  readonly hurry: AbortSignal;
  readonly listener: Listener;
}

/** Told what happens as it happens; must not throw. */
export interface Listener {
  /** After the entry is durable. */
  recorded(entry: Recorded): void;
  /** Masked step output, live. */
  output(step: string, stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** A gate: the run waits for this request. Told again when a resumed run waits anew. */
  waiting(detail: RequestDetail): void;
  /** Waiting before another attempt. */
  delayed(step: string, ms: number): void;
}
