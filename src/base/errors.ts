/** Who must act is what an error says: its class picks the exit code, its `code` is stable and listed in docs. */
export class RunbookError extends Error {
  override readonly name: string = 'RunbookError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(facts: ErrorFacts, exitCode: number) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.hint = facts.hint;
    this.exitCode = exitCode;
  }
}

/** `message`: lower-case start, no full stop, both sides of a mismatch, place first. `hint`: what to do. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** You typed it: a flag, a name, a parameter, a runbook file. Exit 2. */
export class UsageError extends RunbookError {
  override readonly name = 'UsageError';
  constructor(facts: ErrorFacts) {
    super(facts, 2);
  }
}

/** A trusted or project configuration file is wrong, or not to be trusted. Exit 2. */
export class ConfigError extends RunbookError {
  override readonly name = 'ConfigError';
  constructor(facts: ErrorFacts) {
    super(facts, 2);
  }
}

/** The server does not know who calls: no token, or one that is expired or revoked. Exit 4. */
export class LoginError extends RunbookError {
  override readonly name = 'LoginError';
  constructor(facts: ErrorFacts) {
    super(facts, 4);
  }
}

/** Policy says no: self-approval, nobody to ask, a `deny` rule, an unmapped caller. Exit 13. */
export class DeniedError extends RunbookError {
  override readonly name = 'DeniedError';
  constructor(facts: ErrorFacts) {
    super(facts, 13);
  }
}

/** A signature, a hash or a proof does not hold. Exit 14. */
export class IntegrityError extends RunbookError {
  override readonly name = 'IntegrityError';
  constructor(facts: ErrorFacts) {
    super(facts, 14);
  }
}

/** Another living process holds this run. Exit 16. */
export class HeldError extends RunbookError {
  override readonly name = 'HeldError';
  constructor(facts: ErrorFacts) {
    super(facts, 16);
  }
}

/**
 * Somebody else moved it first: the run's version, the config in force or the clock is no longer what
 * the caller decided on. Never shown to a person: the caller loads again and decides again.
 */
export class ConflictError extends RunbookError {
  override readonly name = 'ConflictError';
  constructor(facts: ErrorFacts) {
    super(facts, 70);
  }
}

/** The journal cannot be written: full disk, read-only, not the owner. Nothing ran. Exit 18. */
export class JournalError extends RunbookError {
  override readonly name = 'JournalError';
  constructor(facts: ErrorFacts) {
    super(facts, 18);
  }
}

/** Our bug. Exit 70, and the only error that asks for a report. */
export class InternalError extends RunbookError {
  override readonly name = 'InternalError';
  constructor(facts: ErrorFacts) {
    super(facts, 70);
  }
}
