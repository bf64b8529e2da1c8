import { RunbookError } from './errors.ts';

/** A place in a file: both 1-based, columns in UTF-16 units as editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a file somebody wrote. */
export interface Problem extends Position {
  readonly file: string;
  /** As in `errors.ts`: lower-case start, no full stop. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * A runbook, policy, people or config file is wrong. Carries every problem found; `message` is all of
 * them as `formatProblems` prints them, so that whoever prints an error prints the quoted lines too.
 */
export class InvalidFileError extends RunbookError {
  override readonly name = 'InvalidFileError';
  readonly problems: readonly Problem[];

  /** `code` says which kind of file: `runbook_invalid`, `policy_invalid`, … */
  constructor(code: string, problems: readonly Problem[], text: string) {
    super({ code, message: formatProblems(problems, text) }, 2);
    this.problems = inFileOrder(problems);
  }
}

/**
 * For each problem, in the file's order: `file:line:column: message`, the line with a caret below it,
 * and `hint: …` where there is one. No newline at the end.
 */
export function formatProblems(problems: readonly Problem[], text: string): string {
  const lines = text.split(/\r\n|\n|\r/);
  return inFileOrder(problems)
    .map((problem) => formatProblem(problem, lines[problem.line - 1] ?? ''))
    .join('\n');
}

/** Sorted by place, each said once. */
function inFileOrder(problems: readonly Problem[]): readonly Problem[] {
  const seen = new Map(problems.map((it) => [`${it.line}:${it.column}:${it.message}`, it]));
  return [...seen.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}

const widestQuote = 120;

function formatProblem(problem: Problem, line: string): string {
  const quoted = quote(line, problem.column);
  const hint = problem.hint === undefined ? [] : [`hint: ${problem.hint}`];
  return [
    `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`,
    ...quoted.map((part) => `  ${part}`),
    ...hint,
  ].join('\n');
}

/** The line and its caret. A very long line is cut to what stands around the column. */
function quote(line: string, column: number): string[] {
  const from = line.length <= widestQuote ? 0 : Math.max(0, column - 1 - widestQuote / 2);
  const shown = visible(line.slice(from, from + widestQuote));
  if (shown.trim() === '') {
    return [];
  }
  return [shown, `${' '.repeat(column - 1 - from)}^`];
}

/** A file may hold escape sequences that would repaint the terminal; one cell each keeps the caret true. */
function visible(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}
