import type { People, Person } from './people.ts';

/** A passkey of a person, as an entry of the journal enrolled it. */
export interface Passkey {
  /** Public id, same form as a run's. */
  readonly passkey: string;
  /** OpenSSH public key line (`sk-ecdsa-sha2-nistp256@openssh.com AAAA…`), which names the rpId. */
  readonly public: string;
  /** The browser's name for it, base64url: a page asks for it by this. */
  readonly credential: string;
  /** The page it was made on, `https://runbook.example.com`: it counts on no other, whatever its rpId covers. */
  readonly origin: string;
}

/** A public key by which an issuer signs ID tokens, with nothing of it that is not needed to check one. */
export type IssuerKey =
  | { readonly kty: 'RSA'; readonly kid: string | null; readonly n: string; readonly e: string }
  | {
      readonly kty: 'EC';
      readonly kid: string | null;
      readonly crv: 'P-256' | 'P-384' | 'P-521';
      readonly x: string;
      readonly y: string;
    }
  | {
      readonly kty: 'OKP';
      readonly kid: string | null;
      readonly crv: 'Ed25519';
      readonly x: string;
    };

/** Who may say who somebody is: an OpenID issuer, as entries of the journal name it. */
export interface Issuer {
  readonly issuer: string;
  /** What we are to it: a token for anybody else says nothing here. */
  readonly client: string;
  /** Every key that an entry has named, oldest first. */
  readonly keys: readonly IssuerKey[];
}

/** What the journal knows of people beside `people.yaml`. */
export interface Enrolled {
  readonly passkeys: readonly (Passkey & { readonly person: string })[];
  readonly issuers: readonly Issuer[];
}

/**
 * The people of the file with what the journal enrolled for them. A passkey of somebody whom the file no
 * longer names is nobody's.
 */
export function withEnrolled({ people }: People, { passkeys, issuers }: Enrolled): People {
  const byOwner = new Map<string, Passkey[]>();
  for (const passkey of passkeys) {
    const own = byOwner.get(passkey.person) ?? [];
    own.push(passkey);
    byOwner.set(passkey.person, own);
  }
  const give = (person: Person): Person => {
    const own = byOwner.get(person.name);
    return own === undefined ? person : { ...person, passkeys: own };
  };
  return { people: people.map(give), issuers };
}
