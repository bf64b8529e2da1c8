import * as v from 'valibot';
import type { Issuer } from '../people/passkeys.ts';
import { issuerKeySchema, readIssuerKey } from './issuer-key.ts';

const issuerSchema = v.strictObject({
  // An account is `ISSUER#SUBJECT`: with a `#` of its own an issuer could speak for another's people.
  issuer: v.pipe(v.string(), v.regex(/^https?:\/\/[^\s#]+$/), v.maxLength(1000)),
  client: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  keys: v.pipe(v.array(issuerKeySchema), v.minLength(1), v.maxLength(100)),
});

/**
 * Why what an `issuer.keys` entry says is no issuer's keys, in words; null where it is. Whether they are that
 * issuer's own nobody can tell offline: whoever doubts it compares them with what the issuer publishes.
 */
export function whyNoKeys(named: unknown): string | null {
  const parsed = v.safeParse(issuerSchema, named);
  if (!parsed.success) {
    return 'it names no public keys of an issuer';
  }
  const issuer: Issuer = parsed.output;
  const unfit = issuer.keys.find((key) => readIssuerKey(key) === null);
  return unfit === undefined
    ? null
    : `the key \`${unfit.kid ?? ''}\` of \`${issuer.issuer}\` is none, or so weak that anybody could sign with it`;
}
