import type { RuleFindingCode } from '../../policy/check/finding.ts';

/** A file as it was read, and the name it is shown by. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

/** One case of a table, and what came of it. */
export interface CaseReport {
  readonly file: string;
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
    readonly code: RuleFindingCode;
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
