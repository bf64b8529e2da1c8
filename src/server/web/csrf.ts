import { createHash, timingSafeEqual } from 'node:crypto';
import { DeniedError } from '../../base/errors.ts';

/** What every form of a session carries: it follows from the cookie, which other sites cannot read. */
export function csrfOf(secret: string): string {
  return createHash('sha256').update(`csrf ${secret}`).digest('base64url');
}

/**
 * A POST must come from a page of ours, by what the browser says of its origin, and from a form that this
 * session was given. Throws DeniedError `forged_call`.
 */
export function refuseForged(post: {
  readonly headers: Headers;
  readonly origin: string;
  /** Null where nobody is logged in: there is no session whose rights could be used. */
  readonly expected: string | null;
  readonly given: string | null;
}): void {
  const { headers, origin, expected, given } = post;
  const from = headers.get('origin');
  if (from !== origin) {
    throw forged(`it comes from \`${from ?? 'nowhere'}\`, and this page is \`${origin}\``);
  }
  if (expected !== null && !isSame(expected, given ?? '')) {
    throw forged('it does not carry what this session gave its forms');
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

function forged(why: string): DeniedError {
  return new DeniedError({
    code: 'forged_call',
    message: `the call was not made by a page of this server: ${why}`,
    hint: 'open the page again and repeat it there; `serve.url` in `config.yaml` says where people reach it',
  });
}
