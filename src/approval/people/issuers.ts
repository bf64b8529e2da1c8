import * as v from 'valibot';
import { canonicalize } from '../../base/jcs.ts';
import type { Issuer } from './passkeys.ts';
import type { People } from './people.ts';

const word = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));
const kid = v.nullable(word);
const number = v.pipe(v.string(), v.regex(/^[\w-]{1,3000}$/));

/** The one shape of what an `issuer.keys` entry says. */
export const issuerSchema = v.strictObject({
  // An account is `ISSUER#SUBJECT`: with a `#` of its own an issuer could speak for another's people.
  issuer: v.pipe(v.string(), v.regex(/^https?:\/\/[^\s#]+$/), v.maxLength(1000)),
  client: word,
  keys: v.pipe(
    v.array(
      v.variant('kty', [
        v.strictObject({ kty: v.literal('RSA'), kid, n: number, e: number }),
        v.strictObject({
          kty: v.literal('EC'),
          kid,
          crv: v.picklist(['P-256', 'P-384', 'P-521']),
          x: number,
          y: number,
        }),
        v.strictObject({ kty: v.literal('OKP'), kid, crv: v.literal('Ed25519'), x: number }),
      ]),
    ),
    v.minLength(1),
    v.maxLength(100),
  ),
});

/** What the journal knows of an issuer, as far as it concerns us as this client; null where it names none. */
export function issuerOf(
  { issuers = [] }: Pick<People, 'issuers'>,
  of: Pick<Issuer, 'issuer' | 'client'>,
): Issuer | null {
  return issuers.find((one) => isSame(one, of)) ?? null;
}

/** The issuers with the keys that one more entry names. A key that was named once stays: what it signed was signed. */
export function addIssuerKeys(issuers: readonly Issuer[], named: Issuer): readonly Issuer[] {
  const known = issuerOf({ issuers }, named)?.keys ?? [];
  const seen = new Set(known.map((key) => canonicalize(key)));
  const fresh = named.keys.filter((key) => !seen.has(canonicalize(key)));
  const whole = { issuer: named.issuer, client: named.client, keys: [...known, ...fresh] };
  return [...issuers.filter((one) => !isSame(one, named)), whole];
}

function isSame(one: Pick<Issuer, 'issuer' | 'client'>, other: typeof one): boolean {
  return one.issuer === other.issuer && one.client === other.client;
}
