import type { StandingReview } from '../approval/debt.ts';
import type { People } from '../approval/people/people.ts';
import type { RequestContent } from '../approval/request.ts';
import type { RequestFile } from '../approval/request-file.ts';
import type { GivenDecision, RequestState } from '../approval/request-state.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import type { MissingSlot } from '../approval/tally/tally.ts';
import type { Clock } from '../base/clock.ts';
import type { RequestId, RunId, Sha256 } from '../base/ids.ts';
import type { JsonObject } from '../base/json.ts';
import type { Command } from '../runbook/command.ts';

/**
 * A way to reach reviewers. Told only after the request is in the journal, perhaps more than once; what
 * a channel does can never start a step: it may only submit what a person decided.
 */
export interface Channel {
  readonly name: string;
  /**
   * Shows the request, and where the channel can, takes decisions until `signal` aborts (decided
   * anywhere, expired, run interrupted). Resolves when it has nothing more to do.
   */
  ask(open: OpenRequest, desk: Desk, signal: AbortSignal): Promise<void>;
}

/** Everything a card is laid out from. */
export interface OpenRequest {
  readonly content: RequestContent;
  /** Of several steps, the first one's. */
  readonly command: Command;
  /** The commands of the other steps, in the request's order; absent where there is one. */
  readonly others?: readonly Command[];
  readonly previous: Command | null;
  /** The request's four words and eight hex. */
  readonly words: string;
  /** Who is still missing. */
  readonly missing: readonly MissingSlot[];
  /**
   * Where this machine's server shows it; absent where none runs. It may be a name that leads nowhere from
   * another machine: what is sent there takes `Front.url`.
   */
  readonly url?: string;
}

/** Where a channel hands in what a person signed. */
export interface Desk {
  /** The request with everything that whoever decides checks and signs. */
  file(): Promise<RequestFile>;
  /** Answers in words what became of it; never throws for a bad submission. */
  submit(
    signed: SignedStatement,
    channel: string,
  ): Promise<{ readonly accepted: boolean; readonly message: string }>;
}

/**
 * A channel that serves a whole store instead of one gate: it posts a card for every open request,
 * rewrites it as things change, and may receive decisions. At most one process does so at a time (the
 * hold `reception`): `runbook serve`, or without one a waiting `exec`.
 *
 * What it posts follows the journal: after a restart it compares what should be shown with what it noted
 * that it had shown. Nothing it does or fails to do changes a run; its failures show in `health`.
 */
export interface Reception {
  /** `slack`, `webhooks`. */
  readonly name: string;
  /** It reaches nothing beyond this machine, and is quick: told also whenever a run is let go. */
  readonly local?: true;
  /** Serves until `signal` aborts, then resolves soon. Never throws for what the other side does. */
  attend(front: Front, signal: AbortSignal): Promise<void>;
  /**
   * Shows once what is open and resolves: for a process that goes away, so that cards are there although
   * nobody receives. Gives up when `signal` aborts.
   */
  tell(front: Front, signal: AbortSignal): Promise<void>;
  /** Whether somebody left a decision that `tell` would take in, in the journal `origin`; cheap, never throws. */
  hasLeft?(origin: string): boolean;
  /** Where the other side calls us: a path of the server, and what answers there. Null where nothing does. */
  readonly http: HttpEntrance | null;
  /** How it stands now; cheap. */
  health(): ReceptionHealth;
  /**
   * What `doctor` and the set-up say, step by step: each check asks the other side. `received`: another
   * living process may be the store's receiver, and nothing is done that could take a click away from it.
   */
  examine(signal: AbortSignal, received: boolean): Promise<readonly Check[]>;
}

export interface ReceptionHealth {
  readonly ok: boolean;
  /** In words: `connected since …`, `Slack answers 503 since …, 3 cards wait`. */
  readonly message: string;
  /** What is still to be delivered. */
  readonly backlog: number;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint: string | null;
}

export interface HttpEntrance {
  /** `/slack/interactivity`. */
  readonly path: string;
  /**
   * Whether a call with these headers could be genuine, whatever its body; true unless said. Cheap, and
   * changes nothing. Where it is false the body stays unread, and `handle` refuses without one.
   */
  admits?(headers: Readonly<Record<string, string>>): boolean;
  /** The body is raw: signatures are over bytes. At most 512 KiB. */
  handle(request: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer;
  }): Promise<{ readonly status: number; readonly body: string; readonly contentType: string }>;
}

/** What a reception sees of the store, and the one thing it can do to it. */
export interface Front {
  readonly clock: Clock;
  /** The journal's name, `runbook/LOGID`. */
  readonly origin: string;
  /** This process is the store's receiver: a click reaches somebody. */
  readonly receives: boolean;
  /**
   * Where people read a request whole from any machine, `https://runbook.example.com`; null where nothing serves
   * it, or nobody said under which name.
   */
  readonly url: string | null;
  /** `people.yaml` as it is at this moment. Throws ConfigError. */
  people(): People;
  /** Requests that wait or are approved and not used, oldest first. */
  open(): Promise<readonly RequestId[]>;
  /** Requests under which the glass was broken, and that nobody has reviewed. */
  owed(): Promise<readonly RequestId[]>;
  /** Every request of a run, oldest first. */
  requestsOf(run: RunId): Promise<readonly RequestId[]>;
  /** A request as it stands now. */
  look(request: RequestId): Promise<StandingRequest>;
  /** The request with this leaf hash; null where the store has none. */
  find(hash: Sha256): Promise<RequestId | null>;
  /** Entries `from <= seq`, at most `limit`, in order; those that were pruned are passed over. */
  entries(from: number, limit: number): Promise<readonly JournalEntry[]>;
  /** Resolves with the journal's size once it is larger than `size`, or when `signal` aborts. */
  grown(size: number, signal: AbortSignal): Promise<number>;
  /**
   * A request as a file that stands on its own, with proofs from the heads of these sizes beside those
   * that approvers have seen.
   */
  export(request: RequestId, seen: readonly number[]): Promise<RequestFile>;
  /** Records what a person signed. Never throws for a decision that does not count. */
  submit(signed: SignedStatement): Promise<Answer>;
  /** Records what a person decided here, on this process's word. Never throws for a decision that does not count. */
  attest(decision: AttestedDecision): Promise<Answer>;
  /** What was noted under this reception's name. */
  readonly notes: Notes;
}

export interface StandingRequest extends OpenRequest {
  /** Leaf hash: what statements name. */
  readonly hash: Sha256;
  readonly state: RequestState;
  readonly decisions: readonly GivenDecision[];
  /** How the step stands since it was claimed, in words (`running`, `succeeded`, `failed: exit 1`); null before. */
  readonly outcome: string | null;
  /** Of what was started under break-glass; null where nothing was. */
  readonly review: StandingReview | null;
}

/** One entry of the journal, as the outside is told of it. */
export interface JournalEntry {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly run: RunId | null;
  /** The runbook and the environment of that run; null where the entry belongs to none. */
  readonly runbook: string | null;
  readonly environment: string | null;
  /** In one line for a person, sanitised. */
  readonly summary: string;
  /** Leaf hash. */
  readonly hash: Sha256;
  readonly data: JsonObject;
}

export interface AttestedDecision {
  /** Leaf hash of the request, from the card itself: a decision counts for nothing else. */
  readonly request: Sha256;
  readonly decision: 'approve' | 'reject' | 'revoke';
  readonly reason: string | null;
  /** The sender as authenticated: `slack:T0123ABCD/U0123ABCD`. */
  readonly identity: string;
  /** `email:ana@example.com` where configuration lets a match by address count; null otherwise. */
  readonly matchedBy: string | null;
  /** Names what came; the same again answers as the first time and records nothing. */
  readonly event: string;
  /** What came, as it came. */
  readonly raw: Buffer;
}

export interface Answer {
  readonly accepted: boolean;
  /** For the person, in words: what was recorded and what is missing, or why not. */
  readonly message: string;
  readonly hint: string | null;
  /** Stable: `recorded`, `duplicate`, or the error's code (`self_approval`, `request_expired`). */
  readonly code: string;
  /** Nothing is wrong with the decision: the journal or the configuration failed. It may be handed in again. */
  readonly later?: true;
  /** What was recorded; absent where nothing was. */
  readonly decided?: {
    readonly person: string;
    readonly assurance: string;
    /** Who is still missing after it. */
    readonly missing: readonly MissingSlot[];
  };
}

export interface Notes {
  get(key: string): Promise<string | null>;
  list(): Promise<readonly { readonly key: string; readonly value: string }[]>;
  /** Durable before it returns; null removes it. */
  put(key: string, value: string | null): Promise<void>;
}
