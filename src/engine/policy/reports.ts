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
