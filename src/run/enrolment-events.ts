import type { LoginEvidence } from '../approval/court/attested.ts';
import type { IssuerKey } from '../approval/people/passkeys.ts';
import type { Sha256 } from '../base/ids.ts';

/** The entries that say whose passkey is whose, and by which keys issuers sign. They belong to no run. */

export type EnrolmentEvent =
  | { readonly type: 'passkey.invited'; readonly data: PasskeyInvited }
  | { readonly type: 'passkey.enrolled'; readonly data: PasskeyEnrolled }
  | { readonly type: 'passkey.removed'; readonly data: PasskeyRemoved }
  | { readonly type: 'issuer.keys'; readonly data: IssuerKeys };

/** Each type of them. */
export const enrolmentTypes: Readonly<Record<EnrolmentEvent['type'], true>> = {
  'passkey.invited': true,
  'passkey.enrolled': true,
  'passkey.removed': true,
  'issuer.keys': true,
};

/** Whether an entry is about who is who, and so of no run. */
export function isEnrolmentEvent<E extends { readonly type: string }>(
  event: E,
): event is Extract<E, EnrolmentEvent> {
  return Object.hasOwn(enrolmentTypes, event.type);
}

/** The `data` of `passkey.invited`: whoever knows the secret may enrol one passkey as this person. */
export interface PasskeyInvited {
  /** Public id, same form as a run's. */
  readonly invite: string;
  /** SHA-256 of the secret as text. */
  readonly hash: Sha256;
  readonly person: string;
  /** RFC 3339. */
  readonly expires_at: string;
  /** Whoever invites: `os:root@web1`. */
  readonly by: string;
}

/**
 * The `data` of `passkey.enrolled`. The new key itself has signed the statement, so whoever enrols it holds
 * it; that they are the person, an invitation says (which this entry uses up) or a fresh login.
 */
export interface PasskeyEnrolled {
  /** Public id, same form as a run's. */
  readonly passkey: string;
  readonly person: string;
  /** OpenSSH public key line, without a comment. */
  readonly public: string;
  /** Base64url. */
  readonly credential: string;
  /** The page that it was made on, and counts on. */
  readonly origin: string;
  /** What its owner calls it. */
  readonly label: string | null;
  /** JCS text of an `Enrolment`. */
  readonly statement: string;
  /** SSHSIG in webauthn form over it, by the new key, namespace `passkey@runbook/v1`. */
  readonly signature: string;
  /** Exactly one of the two. The login's `nonce` is the statement's digest. */
  readonly invite: string | null;
  readonly login: LoginEvidence | null;
}

export interface PasskeyRemoved {
  readonly passkey: string;
  readonly person: string;
  readonly reason: string | null;
  /** `os:root@web1`, or its owner's session: `token:4f7k…`. */
  readonly by: string;
}

/** The `data` of `issuer.keys`: fetched from the issuer, and not known here before. */
export interface IssuerKeys {
  readonly issuer: string;
  readonly client: string;
  /** Only those that no earlier entry names for this issuer and client. */
  readonly keys: readonly IssuerKey[];
}
