import { RunbookError } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import { InvalidFileError } from '../base/problem.ts';
import type { Io } from './io.ts';
import { loadPaint } from './paint.ts';
import type { Settings } from './settings.ts';

/**
 * Says on stderr what went wrong and what to do, as words or as one JSON object, and answers the exit
 * code. A stack trace is shown with `--debug` alone, and only our own bugs ask for a report.
 */
export async function printError(error: unknown, io: Io, settings: Settings): Promise<number> {
  const interrupted = io.interrupts.exitCode();
  if (isInterruption(error)) {
    return interrupted ?? 130;
  }
  const facts = describe(error);
  if (settings.output === 'text') {
    io.stderr.write(await renderError(facts, settings));
  } else {
    io.stderr.write(`${JSON.stringify(toJson(facts))}\n`);
  }
  if (settings.debug && error instanceof Error) {
    io.stderr.write(`${error.stack ?? ''}\n`);
  }
  return facts.exitCode;
}

type Facts = Pick<RunbookError, 'code' | 'message' | 'hint' | 'exitCode'> & {
  readonly invalid: InvalidFileError | null;
};

function describe(error: unknown): Facts {
  if (error instanceof RunbookError) {
    const { code, message, hint, exitCode } = error;
    return {
      code,
      message,
      hint,
      exitCode,
      invalid: error instanceof InvalidFileError ? error : null,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: 'internal',
    message: `unexpected: ${message}`,
    hint: 'this is a bug in runbook: please report it, with what `--debug` prints',
    exitCode: 70,
    invalid: null,
  };
}

async function renderError({ message, hint, invalid }: Facts, settings: Settings): Promise<string> {
  const paint = await loadPaint(settings.colour.stderr);
  const error = paint.bad(paint.strong('error:'));
  const lines =
    invalid === null
      ? [`${error} ${message}`]
      : // Problems begin with `file:line:column`, where editors look for them.
        [message, `${error} ${countProblems(invalid)}`];
  if (hint !== undefined) {
    lines.push(`${paint.accent('hint:')} ${hint}`);
  }
  return `${lines.join('\n')}\n`;
}

function countProblems({ problems }: InvalidFileError): string {
  const file = problems[0]?.file ?? 'the file';
  return problems.length === 1 ? `1 problem in ${file}` : `${problems.length} problems in ${file}`;
}

function toJson({ code, message, hint, invalid }: Facts): JsonObject {
  const problems = invalid?.problems.map(({ file, line, column, message, hint }) => ({
    file,
    line,
    column,
    message,
    hint: hint ?? null,
  }));
  return { code, message, hint: hint ?? null, ...(problems === undefined ? {} : { problems }) };
}

/** Ctrl-C in a prompt, or a wait that a signal ended: nothing went wrong. */
function isInterruption(error: unknown): boolean {
  return (
    error instanceof Error &&
    ['ExitPromptError', 'AbortPromptError', 'AbortError'].includes(error.name)
  );
}
