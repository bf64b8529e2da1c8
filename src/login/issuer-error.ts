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
  const { name, code, status, answer } = read(error);
  if (name === 'AuthorizationResponseError') {
    return denied(issuer, answer, error);
  }
  if (name === 'ResponseBodyError' && status < 500) {
    return denied(issuer, answer, error);
  }
  if (name === 'ClientError' && !broken.has(code)) {
    return refused(issuer, 'its answer is not the one to what this browser began', error);
  }
  if (name === 'ClientError' || name === 'ResponseBodyError' || isFetchFailure(error)) {
    return unreachable(issuer, whyBroken(code, status), error);
  }
  return new InternalError({
    code: 'internal',
    message: 'a login failed unexpectedly',
    cause: error,
  });
}

/** What `fetch` throws of a network that failed. */
function isFetchFailure(error: unknown): boolean {
  return error instanceof TypeError && error.cause instanceof Error;
}

/** What went wrong while it was asked what it is: nobody can log in there before that is put right. */
export function discoveryError(issuer: string, error: unknown): RunbookError {
  const { name, code } = read(error);
  if (name !== 'ClientError' || broken.has(code)) {
    return issuerError(issuer, error);
  }
  return unreachable(issuer, 'its discovery document names another issuer, or none', error);
}

function denied(issuer: string, answer: string, cause: unknown): LoginError {
  if (unavailable.has(answer)) {
    return unreachable(issuer, `it says \`${answer}\``, cause);
  }
  const said = answer === '' ? 'it says no' : `it says \`${answer}\``;
  return refused(issuer, answer === 'access_denied' ? 'it was refused there' : said, cause);
}

/** What openid-client says where nobody answered as an issuer does. */
const broken: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

const unavailable: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable']);

function whyBroken(code: string, status: number): string {
  if (code === 'OAUTH_TIMEOUT') {
    return 'it did not answer in time';
  }
  if (status >= 500) {
    return `it answers ${status}`;
  }
  return code.startsWith('OAUTH_') ? 'it does not answer as an issuer does' : 'no connection';
}

/** The classes are openid-client's, which is not loaded for the sake of its errors. */
function read(error: unknown): {
  readonly name: string;
  readonly code: string;
  readonly status: number;
  readonly answer: string;
} {
  if (!(error instanceof Error)) {
    return { name: '', code: '', status: 0, answer: '' };
  }
  const code = 'code' in error ? String(error.code) : '';
  const status = 'status' in error ? Number(error.status) : 0;
  const answer = 'error' in error ? String(error.error) : '';
  return { name: error.name, code, status, answer: /^[a-z_]{1,40}$/.test(answer) ? answer : '' };
}
