import { DeniedError, InternalError, RunbookError, UsageError } from '../base/errors.ts';
import type { ErrorAnswer } from '../engine/wire/about.ts';

/** The HTTP status that an error is answered with. A client reads `exit_code`; proxies and people read this. */
export function statusOf(error: RunbookError): ErrorStatus {
  return byCode[error.code] ?? (isUnknownName(error) ? 404 : byExitCode(error.exitCode));
}

export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503;

/** What goes over the wire of an error: never its cause, never its stack. */
export function answerOf({ code, message, hint, exitCode }: RunbookError): ErrorAnswer {
  return { code, message, hint: hint ?? null, exit_code: exitCode };
}

/** Whatever was thrown, as an error of ours. What nobody foresaw may quote anything, so it is not told. */
export function refusalOf(error: unknown): RunbookError {
  return error instanceof RunbookError
    ? error
    : new InternalError({
        code: 'internal',
        message: 'the server failed unexpectedly',
        hint: 'this is a bug in runbook: its log has the request id and the place',
        cause: error,
      });
}

/** Too many calls; `retryAfterS` goes into the header of that name. */
export class RateLimitError extends RunbookError {
  override readonly name = 'RateLimitError';
  readonly retryAfterS: number;

  constructor(retryAfterS: number) {
    super(
      {
        code: 'rate_limited',
        message: 'too many calls from here',
        hint: `try again in ${retryAfterS} s`,
      },
      2,
    );
    this.retryAfterS = retryAfterS;
  }
}

export function bodyTooLarge(limit: number): UsageError {
  return new UsageError({
    code: 'body_too_large',
    message: `the body is larger than ${limit} bytes`,
    hint: 'the server takes more where `serve.body_limit` in `config.yaml` says so',
  });
}

export function bodyInvalid(message: string): UsageError {
  return new UsageError({
    code: 'body_invalid',
    message,
    hint: '`/v1/openapi.json` says what this route takes',
  });
}

export function routeUnknown(): UsageError {
  return new UsageError({
    code: 'route_unknown',
    message: 'there is nothing under this path',
    hint: '`/v1/openapi.json` lists what there is',
  });
}

export function methodNotAllowed(allowed: readonly string[]): UsageError {
  return new UsageError({
    code: 'method_not_allowed',
    message: `this path takes ${allowed.join(', ')}`,
  });
}

export function scopeMissing(message: string): DeniedError {
  return new DeniedError({
    code: 'scope_missing',
    message,
    hint: 'somebody with an `admin` token, or on the server itself, issues another: `runbook token create`',
  });
}

const byCode: Readonly<Record<string, ErrorStatus>> = {
  body_too_large: 413,
  entry_too_large: 413,
  media_type_unsupported: 415,
  rate_limited: 429,
  method_not_allowed: 405,
  // Showing a token would not help.
  device_login_over: 404,
  issuer_unreachable: 503,
  // The caller did nothing wrong: the thing is no longer in the state they acted on.
  request_expired: 409,
  request_rejected: 409,
  request_claimed: 409,
  request_superseded: 409,
  run_ended: 409,
  runbook_changed: 409,
  idempotency_reused: 409,
};

function isUnknownName({ code, exitCode }: RunbookError): boolean {
  return exitCode === 2 && code.endsWith('_unknown');
}

function byExitCode(exitCode: number): ErrorStatus {
  switch (exitCode) {
    case 2:
      return 400;
    case 4:
      return 401;
    case 10:
    case 11:
    case 12:
    case 13:
      return 403;
    case 14:
    case 16:
      return 409;
    case 18:
      return 503;
    default:
      return 500;
  }
}
