import * as v from 'valibot';
import {
  DeniedError,
  type ErrorFacts,
  HeldError,
  IntegrityError,
  InternalError,
  JournalError,
  LoginError,
  RunbookError,
  UsageError,
} from '../base/errors.ts';
import { sanitizeBlock } from '../base/sanitize.ts';
import { type ErrorAnswer, errorAnswer } from '../engine/wire/about.ts';

/** The error that a server answered; null where the text is no answer of a `runbook serve`. */
export function parseErrorAnswer(text: string): RunbookError | null {
  const parsed = v.safeParse(errorAnswer, parseJson(text));
  return parsed.success ? thrownAgain(parsed.output) : null;
}

/** The network, or what stands between, failed. Exit 18: the journal is out of reach. */
export function unreachable(url: string, why: string, cause?: unknown): JournalError {
  return new JournalError({
    code: 'server_unreachable',
    message: `\`${url}\` cannot be reached: ${why}`,
    hint: 'what waits there waits unharmed; `--local` is for the journal of this machine',
    cause,
  });
}

/** Its certificate does not prove that it is the server; nothing was sent. */
export function distrusted(url: string, why: string, cause: unknown): JournalError {
  return new JournalError({
    code: 'server_unreachable',
    message: `\`${url}\` is not trusted: ${why}`,
    hint: '`server.ca` in `config.yaml` names the file of the authority that vouches for it',
    cause,
  });
}

/** Something answered, but not in the words of API v1. Exit 18. */
export function unreadable(url: string, why: string): JournalError {
  return new JournalError({
    code: 'server_unreadable',
    message: `\`${url}\` answers what this client cannot read: ${why}`,
    hint: 'is this the address of a `runbook serve`, and of a version that goes with this client?',
  });
}

/** JSON, or undefined, which no schema takes. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same code, message, hint and exit code, in the class that this exit code has here. */
function thrownAgain({ code, message, hint, exit_code }: ErrorAnswer): RunbookError {
  // It is printed on a terminal, and nothing proves who wrote it.
  const facts: ErrorFacts = {
    code,
    message: sanitizeBlock(message),
    ...(hint === null ? {} : { hint: sanitizeBlock(hint) }),
  };
  const Known = classes.get(exit_code);
  if (Known !== undefined) {
    return new Known(facts);
  }
  return outcomes.has(exit_code) ? new RunbookError(facts, exit_code) : new InternalError(facts);
}

type ErrorClass = new (facts: ErrorFacts) => RunbookError;

const classes: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [2, UsageError],
  [4, LoginError],
  [13, DeniedError],
  [14, IntegrityError],
  [16, HeldError],
  [18, JournalError],
]);

/** Exit codes of the contract that no class stands for. A server cannot make up others, 0 least of all. */
const outcomes: ReadonlySet<number> = new Set([1, 10, 11, 12, 15, 17]);
