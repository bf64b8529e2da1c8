import type { HoleLimits } from '../runbook/holes/hole.ts';

/** How sure we are who decided, weakest first (DESIGN section 6). */
export const assurances = ['A0', 'A1', 'A2', 'A3'] as const;
export type Assurance = (typeof assurances)[number];

/** `policy.yaml` in its working form; the written form is read by `schema.ts`. */
export interface Policy {
  readonly floor: Floor;
  /** Who stands behind `list:NAME`: asked when a rule needs it, and the answer is recorded. */
  readonly lists: Readonly<Record<string, PeopleList>>;
  /** Named times, for `during` and `outside`. */
  readonly calendars: Readonly<Record<string, Calendar>>;
  readonly rules: readonly Rule[];
  /** Under which an approval may be asked for more than one run. */
  readonly grants: readonly GrantRule[];
  /** Under which somebody may act first and answer for it afterwards. */
  readonly breakGlass: readonly BreakGlassRule[];
}

/** The two ways to relieve, and the floor, are all that can make a step easier; no rule can. */

/** What every privileged step needs where no rule says more: one other person. */
export interface Floor {
  readonly assurance: Assurance;
  /** How long a request may wait for its decisions. */
  readonly pendingMs: number;
  /** How long an approval may wait for its claim. */
  readonly unusedMs: number;
  /** Copies elsewhere that every privileged start must reach; null: as many as there are, without waiting. */
  readonly remote: RemoteDemand | null;
  /**
   * `dual`: nobody behind a run decides about it. `supervised`: an agent's owner may decide what the agent
   * does with a token of its own, as long as nothing but owning it ties them to the run. A rule can ask for `dual`.
   */
  readonly control: Control;
}

export type Control = 'dual' | 'supervised';

/**
 * A privileged start waits until this many sinks that count have the journal: up to its head before the
 * claim, and up to `step.started` before the spawn. What they do not acknowledge in time does not run.
 */
export interface RemoteDemand {
  readonly required: number;
  readonly within_ms: number;
}

/** Where the names of a list come from. Both are trusted configuration; paths are absolute. */
export type PeopleList =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly timeoutMs: number };

/** What a list said, as recorded. With an error it names nobody. */
export interface ListAnswer {
  /** Names in `people.yaml`. */
  readonly people: readonly string[];
  /** What it named besides, which is nobody here. */
  readonly unknown: readonly string[];
  readonly error: string | null;
}

/** Times in one zone: open whenever one of its windows is. */
export interface Calendar {
  /** IANA name, `Europe/Berlin`. */
  readonly timezone: string;
  readonly windows: readonly Window[];
}

/** Half open: at `to` it is over. Local times of the calendar's zone. */
export type Window =
  /** Minutes after midnight; where `to` is not after `from` it ends on the next day. 0 is Sunday. */
  | {
      readonly kind: 'weekly';
      readonly days: readonly number[];
      readonly from: number;
      readonly to: number;
    }
  /** `2026-12-20T00:00`. */
  | { readonly kind: 'span'; readonly from: string; readonly to: string };

/** A rule requires or denies; there is no rule that relieves. */
export interface Rule {
  readonly name: string;
  /** CEL; an expression that fails counts as deny. */
  readonly when: string | null;
  /** Matches only while one of these calendars is open; empty: at any time. */
  readonly during: readonly string[];
  /** Matches only while none of these calendars is open. */
  readonly outside: readonly string[];
  readonly require: Requirement | null;
  /** The reason shown when the rule denies; null where it does not. */
  readonly deny: string | null;
  /**
   * Who may lift a `deny` for one run that asks for it by the rule's name, with a reason: these slots then
   * stand beside all others. Null: nobody can.
   */
  readonly override: readonly RuleSlot[] | null;
}

export interface Requirement {
  readonly approvals: readonly RuleSlot[];
  /** Alternatives: the slots of one of them are filled, beside `approvals`. Empty: there are none. */
  readonly any: readonly (readonly RuleSlot[])[];
  /** Who else may not decide, beyond those behind the run. */
  readonly exclude: readonly Exclusion[];
  readonly control: 'dual' | null;
  /** Reviewers are told again this often; null: never. */
  readonly remindMs: number | null;
  /** The requester must give `--reason`. */
  readonly reason: boolean;
  readonly pendingMs: number | null;
  readonly unusedMs: number | null;
  readonly remote: RemoteDemand | null;
}

/**
 * `step_author`: whoever wrote the step, as git says. `earlier_approver`: whoever approved another step of
 * this run.
 */
export type Exclusion = 'step_author' | 'earlier_approver';

/** Stands in a slot's `from` for everyone enrolled. */
export const anyone = '*';

/** One demand for people. Null assurance or presence takes the default. */
export interface RuleSlot {
  readonly id: string;
  readonly count: number;
  /** `group:NAME`, `list:NAME`, a person's name, or `*`. */
  readonly from: readonly string[];
  readonly assurance: Assurance | null;
  readonly presence: boolean | null;
  /** Demands that the key checked a PIN or a finger, too (user verification). */
  readonly verified: boolean | null;
  /** Further people who may fill it once the request is that old. A timer never grants. */
  readonly escalate: readonly Escalation[];
}

export interface Escalation {
  readonly after_ms: number;
  readonly to: readonly string[];
}

/** As it stands in a slot, with the people whom it names: a snapshot, as the slot's own. */
export interface EscalatedTo extends Escalation {
  readonly eligible: readonly string[];
}

/** A matching step may be asked for so that the approval holds for later runs of the same content, too. */
export interface GrantRule {
  readonly name: string;
  readonly when: string | null;
  readonly during: readonly string[];
  readonly outside: readonly string[];
  /** Parameters in which a use may differ, and how far. */
  readonly vary: Readonly<Record<string, HoleLimits>>;
  /** All uses together, the first included. */
  readonly maxUses: number;
  /** From the approval on. */
  readonly forMs: number;
}

/** In a matching step one person may act on their own signature, and owes a review. */
export interface BreakGlassRule {
  readonly name: string;
  readonly when: string | null;
  readonly from: readonly string[];
  readonly assurance: Assurance;
  readonly presence: boolean;
  readonly verified: boolean;
  /** Names of the denying rules that it passes; others still deny. */
  readonly lifts: readonly string[];
  readonly review: { readonly from: readonly string[]; readonly withinMs: number };
}

/** One demand in force for a step: what `tally` fills with distinct people. Stored as it stands. */
export interface Slot {
  /** `RULE/ID`, or `floor`. */
  readonly id: string;
  readonly count: number;
  readonly from: readonly string[];
  /** Names of the people who may fill it: members, minus the initiator chain. Snapshot; judged again at claim. */
  readonly eligible: readonly string[];
  readonly assurance: Assurance;
  /** Demands a touch (user presence) of A3 evidence. */
  readonly presence: boolean;
  /** Demands user verification (a PIN, a finger) of A3 evidence; absent where it does not. */
  readonly verified?: true;
  /** People who may not fill it although nothing ties them to the run. */
  readonly excluded?: readonly { readonly person: string; readonly why: Exclusion }[];
  /** What the lists in its `from` and `escalate` answered, by name. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  readonly escalate?: readonly EscalatedTo[];
  /** One of several alternatives of a rule: all slots of one option must be filled, the others need not. */
  readonly any?: { readonly rule: string; readonly option: number };
  /** An agent's owner may fill it (`supervised`). */
  readonly supervised?: true;
  /** Whoever acts may fill it themself: break-glass alone. */
  readonly own?: true;
}

/** What says which people a slot is for. */
export type SlotPeople = Pick<Slot, 'from' | 'excluded' | 'lists' | 'supervised' | 'own'> & {
  readonly escalate?: readonly Escalation[];
};

/** How the run was asked for beyond the ordinary; by names of rules. From its `run.started`. */
export interface Asked {
  /** `--break-glass`. */
  readonly breakGlass: string | null;
  /** `--override`. */
  readonly overrides: readonly string[];
  /** `--grant`. */
  readonly reuse: string | null;
}

/** Terms of the rule that a break-glass request rests on. */
export interface BreakGlassTerms {
  readonly rule: string;
  /** Where the debt lies: `RULE@ENVIRONMENT`. */
  readonly scope: string;
  readonly review: { readonly from: readonly string[]; readonly within_ms: number };
}

/** Terms under which an approval is asked to hold for later runs. */
export interface ReuseTerms {
  readonly rule: string;
  readonly vary: Readonly<Record<string, HoleLimits>>;
  readonly max_uses: number;
  readonly for_ms: number;
}

/** Policy's word on one step. */
export type Verdict =
  | { readonly kind: 'none'; readonly evaluation: Evaluation }
  | {
      readonly kind: 'ask';
      readonly slots: readonly Slot[];
      readonly reasonRequired: boolean;
      readonly pendingMs: number;
      readonly unusedMs: number;
      readonly remindMs: number | null;
      readonly remote: RemoteDemand | null;
      /** Denying rules that this run asked to be lifted; their slots are among `slots`. */
      readonly overrides: readonly string[];
      readonly breakGlass: BreakGlassTerms | null;
      readonly reuse: ReuseTerms | null;
      readonly evaluation: Evaluation;
    }
  | {
      readonly kind: 'deny';
      readonly reasons: readonly DenyReason[];
      readonly evaluation: Evaluation;
    };

/** One rule's no; `break_glass/NAME` and `grants/NAME` where it is about what the run was asked for with. */
export interface DenyReason {
  readonly rule: string;
  readonly reason: string;
  /** What may be done about it. */
  readonly hint?: string;
}

/** Everything a verdict rested on, so that an auditor can replay it. Stored in entries. */
export interface Evaluation {
  /** RFC 3339: the `now` every rule saw. */
  readonly now: string;
  /** Sequence number of the `config.set` entry in force. */
  readonly config: number;
  /** SHA-256 of the canonical policy. */
  readonly policy_digest: string;
  readonly people_digest: string;
  /** Version of the CEL implementation. */
  readonly cel: string;
  readonly matched: readonly string[];
  readonly failed: readonly { readonly rule: string; readonly message: string }[];
  /** What each list said that a slot needed. */
  readonly lists?: Readonly<Record<string, ListAnswer>>;
}
