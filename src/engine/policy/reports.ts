import type { Initiator } from '../../approval/people/people.ts';
import type { RunId } from '../../base/ids.ts';
import type { RuleFindingKind } from '../../policy/check/finding.ts';
import type { Verdict } from '../../policy/policy.ts';

/** A file as it was read, and the name it is shown by. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** One case of a table, and what came of it. */
export interface CaseReport {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly ok: boolean;
  /** What differs, each in a line; empty where nothing does. */
  readonly differences: readonly string[];
}

/** What `policy test` prints. */
export interface PolicyTestReport {
  readonly passed: number;
  readonly failed: number;
  readonly cases: readonly CaseReport[];
}

/** What `policy check` prints. */
export interface PolicyCheckReport {
  /** In the order of the file; all of them are warnings. */
  readonly findings: readonly {
    readonly kind: RuleFindingKind;
    readonly rule: string | null;
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly hint: string | null;
  }[];
  /** Rules of which nothing could be said: their `when` is too wide, or too intricate, to be tried. */
  readonly unchecked: readonly string[];
}

/** What `policy explain` prints. */
export interface PolicyExplainReport {
  readonly runbook: string;
  readonly environment: string;
  /** RFC 3339: the `now` that rules saw. */
  readonly at: string;
  readonly initiator: Initiator;
  /** Why such a start would be refused at privileged steps; null where it would not. */
  readonly refusal: { readonly message: string; readonly hint: string | null } | null;
  readonly steps: readonly ExplainedStep[];
}

export interface ExplainedStep {
  readonly id: string;
  readonly list: 'preconditions' | 'steps' | 'finally';
  readonly summary: string;
  readonly verdict: Verdict;
  /** The verdict in words, most important first. */
  readonly words: readonly string[];
  readonly rules: readonly ExplainedRule[];
  /** Who is named by a slot, and cannot fill it, or not yet. */
  readonly kept_out: readonly {
    readonly slot: string;
    readonly person: string;
    readonly why: string;
  }[];
  /** What the run could be asked for with, and what that would come to. */
  readonly reliefs: readonly { readonly flag: string; readonly meaning: string }[];
  /** Why there are fewer of them for whoever starts it; null where there are not. */
  readonly relief_refused: string | null;
}

/** A rule, and why it had a say, or none. */
export interface ExplainedRule {
  readonly name: string;
  readonly outcome: 'matched' | 'unmatched' | 'failed' | 'out_of_time';
  readonly when: string | null;
  /**
   * What failed, which calendars are open and which are closed, and how the chain is read where the rule has
   * a say in some ways alone; null where there is nothing to say.
   */
  readonly note: string | null;
}

/** Something that policy was asked about, and would have answered otherwise. */
export interface DecisionDifference {
  /** Of the entry, and its time. */
  readonly index: number;
  readonly time: string;
  readonly step: string;
  /** In words, as `would_be`: who was asked, that it was granted, who denied it. */
  readonly was: string;
  readonly would_be: string;
}

/** What `policy diff` prints. */
export interface PolicyDiffReport {
  readonly runs: number;
  /** How often policy was asked in them. */
  readonly decisions: number;
  readonly differences: readonly (DecisionDifference & {
    readonly run: RunId;
    readonly runbook: string;
    readonly environment: string;
  })[];
  /** Runs whose plan is gone. */
  readonly skipped: readonly RunId[];
}
