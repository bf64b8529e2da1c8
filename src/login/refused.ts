import { LoginError } from '../base/errors.ts';

/** The issuer said no, or what it said does not hold. `why` never quotes what came by a browser. */
export function refused(issuer: string, why: string, cause?: unknown): LoginError {
  return new LoginError({
    code: 'login_refused',
    message: `the login at \`${issuer}\` does not count: ${why}`,
    hint: 'log in again, from the beginning and in one browser',
    cause,
  });
}

/** Nobody could be asked. */
export function unreachable(issuer: string, why: string, cause?: unknown): LoginError {
  return new LoginError({
    code: 'issuer_unreachable',
    message: `\`${issuer}\` cannot be asked: ${why}`,
    hint: 'try again in a while; a passkey and a token need no issuer',
    cause,
  });
}
