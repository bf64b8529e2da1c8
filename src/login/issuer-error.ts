import * as v from 'valibot';
import { InternalError, type LoginError, RunbookError } from '../base/errors.ts';
import { refused, unreachable } from './refused.ts';

/**
 * What openid-client threw, as an error of ours. Of the answers that a browser carried only the code is
 * told: a description beside it could be anybody's words on our page.
 */
export function issuerError(issuer: string, error: unknown): RunbookError {
  if (error instanceof RunbookError) {
    return error;
  }
  const { code, status, error: answer } = v.parse(facts, error);
  if (answered.has(code) && status < 500) {
    return denied(issuer, answer, error);
  }
  if (code === '' && !isFetchFailure(error)) {
    const message = 'a login failed unexpectedly';
    return new InternalError({ code: 'internal', message, cause: error });
  }
  return broken.has(code) || answered.has(code)
    ? unreachable(issuer, broken.get(code) ?? `it answers ${status}`, error)
    : refused(issuer, 'its answer is not the one to what this browser began', error);
}

/** What went wrong while it was asked what it is: nobody can log in there before that is put right. */
export function discoveryError(issuer: string, error: unknown): RunbookError {
  const told = issuerError(issuer, error);
  return told.code === 'login_refused'
    ? unreachable(issuer, 'its discovery document names another issuer, or none', error)
    : told;
}

function denied(issuer: string, answer: string, cause: unknown): LoginError {
  switch (answer) {
    case 'server_error':
    case 'temporarily_unavailable':
      return unreachable(issuer, `it says \`${answer}\``, cause);
    case 'access_denied':
      return refused(issuer, 'it was refused there', cause);
    case '':
      return refused(issuer, 'it says no', cause);
    default:
      return refused(issuer, `it says \`${answer}\``, cause);
  }
}

/** Where the issuer said what is wrong, in the words of OAuth. */
const answered: ReadonlySet<string> = new Set([
  'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
  'OAUTH_RESPONSE_BODY_ERROR',
  'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
]);

/** Where nobody answered as an issuer does; what `fetch` throws of a network that failed has no code. */
const broken: ReadonlyMap<string, string> = new Map([
  ['', 'no connection'],
  ['OAUTH_TIMEOUT', 'it did not answer in time'],
  ['OAUTH_ABORT', 'it did not answer in time'],
  ['OAUTH_RESPONSE_IS_NOT_CONFORM', 'it does not answer as an issuer does'],
  ['OAUTH_RESPONSE_IS_NOT_JSON', 'it does not answer as an issuer does'],
  ['OAUTH_PARSE_ERROR', 'it does not answer as an issuer does'],
]);

function isFetchFailure(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error;
}

/** By its members alone: the classes are openid-client's, which is not loaded for the sake of its errors. */
const facts = v.object({
  code: v.fallback(v.string(), ''),
  status: v.fallback(v.number(), 0),
  error: v.fallback(v.pipe(v.string(), v.regex(/^[a-z_]{1,40}$/)), ''),
});
