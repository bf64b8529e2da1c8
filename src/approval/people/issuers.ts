import { canonicalize } from '../../base/jcs.ts';
import type { Issuer } from './passkeys.ts';
import type { People } from './people.ts';

/** What the journal knows of an issuer, as far as it concerns us as this client; null where it names none. */
export function issuerOf(
  { issuers = [] }: Pick<People, 'issuers'>,
  of: Pick<Issuer, 'issuer' | 'client'>,
): Issuer | null {
  return issuers.find((one) => isSame(one, of)) ?? null;
}

/** The issuers with the keys that one more entry names. A key that was named once stays: what it signed was signed. */
export function addIssuerKeys(issuers: readonly Issuer[], named: Issuer): readonly Issuer[] {
  const { issuer, client } = named;
  const known = issuerOf({ issuers }, named)?.keys ?? [];
  const keys = [...known, ...unnamedKeys(issuers, named)];
  return [...issuers.filter((one) => !isSame(one, named)), { issuer, client, keys }];
}

/** Those of an issuer's keys that no entry has named, each once. */
export function unnamedKeys(issuers: readonly Issuer[], named: Issuer): Issuer['keys'] {
  const seen = new Set((issuerOf({ issuers }, named)?.keys ?? []).map((key) => canonicalize(key)));
  return named.keys.filter((key) => {
    const text = canonicalize(key);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew;
  });
}

function isSame(
  one: Pick<Issuer, 'issuer' | 'client'>,
  other: Pick<Issuer, 'issuer' | 'client'>,
): boolean {
  return one.issuer === other.issuer && one.client === other.client;
}
