/** How sure we are who decided, weakest first (DESIGN section 6). */
export const assurances = ['A0', 'A1', 'A2', 'A3'] as const;
export type Assurance = (typeof assurances)[number];

/** `policy.yaml` in its working form; the written form is read by `schema.ts`. */
export interface Policy {
  readonly floor: Floor;
  readonly rules: readonly Rule[];
}

/** What every privileged step needs where no rule says more: one other person. */
export interface Floor {
  readonly assurance: Assurance;
  /** How long a request may wait for its decisions. */
  readonly pendingMs: number;
  /** How long an approval may wait for its claim. */
  readonly unusedMs: number;
}

/** A rule requires or denies; there is no rule that relieves. */
export interface Rule {
  readonly name: string;
  /** CEL; an expression that fails counts as deny. */
  readonly when: string | null;
  readonly require: Requirement | null;
  /** The reason shown when the rule denies; null where it does not. */
  readonly deny: string | null;
}

export interface Requirement {
  readonly approvals: readonly RuleSlot[];
  /** The requester must give `--reason`. */
  readonly reason: boolean;
  readonly pendingMs: number | null;
  readonly unusedMs: number | null;
}

/** Stands in a slot's `from` for everyone enrolled. */
export const anyone = '*';

/** One demand for people. Null assurance or presence takes the default. */
export interface RuleSlot {
  readonly id: string;
  readonly count: number;
  /** `group:NAME`, a person's name, or `*`. */
  readonly from: readonly string[];
  readonly assurance: Assurance | null;
  readonly presence: boolean | null;
}

/** One demand in force for a step: what `tally` fills with distinct people. */
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
      readonly evaluation: Evaluation;
    }
  | {
      readonly kind: 'deny';
      readonly reasons: readonly { readonly rule: string; readonly reason: string }[];
      readonly evaluation: Evaluation;
    };

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
}
