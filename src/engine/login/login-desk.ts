import type { LoginEvidence } from '../../approval/court/attested.ts';
import type { SignedStatement } from '../../approval/statement/statement.ts';
import type { Scope } from '../../approval/token.ts';
import type { IssuerKeys } from '../../run/enrolment-events.ts';
import type { PasskeySummary, TokenSummary } from '../login-reports.ts';

/**
 * Where people come in who bear no token yet. What an issuer says of somebody the door has verified; what a
 * passkey signed is verified here. Every session is a token, issued by an entry: it is listed, revoked and
 * audited as one.
 */
export interface LoginDesk {
  /** What a passkey signs to log in on a page of `origin`. Whoever asked keeps it, and shows it once. */
  preparePasskeyLogin(origin: string): string;
  /**
   * Public key line of the passkey that browsers know by this credential (base64url); null where nobody has
   * it. Whether its signature opens anything, `signIn` says.
   */
  passkeyKey(credential: string): Promise<string | null>;
  /** Whether anybody could log in by passkey on a page of `origin`. */
  hasPasskeys(origin: string): Promise<boolean>;
  /**
   * Issues a session to the person somebody has shown to be. Throws LoginError `identity_unknown` (the hint
   * says what an administrator types), `login_refused`.
   */
  signIn(shown: Shown, session: SessionTerms): Promise<Session>;
  /** Whom an invitation is for. Throws LoginError `invitation_refused`, the same for every reason. */
  invitation(secret: string): Promise<Invited>;
  /** What a new passkey signs. Throws as `invitation`, UsageError `passkey_unfit`, `passkey_known`, `person_unknown`. */
  prepareEnrolment(input: EnrolmentInput): Promise<string>;
  /**
   * Records that the passkey is the person's. Twice is the same as once. Throws LoginError
   * `invitation_refused`, UsageError `passkey_known`, DeniedError or IntegrityError with the reason.
   */
  enrol(signed: SignedStatement, because: EnrolledBy): Promise<PasskeySummary>;
  /** Records keys of an issuer that no entry names yet, before anything that they signed is recorded. */
  noteIssuerKeys(keys: IssuerKeys): Promise<void>;
}

export type Shown =
  /** The door has verified the ID token: signature, issuer, audience, nonce, times. */
  | { readonly kind: 'oidc'; readonly issuer: string; readonly subject: string }
  /** `prepared`: what `preparePasskeyLogin` answered; what was signed must be that very text. */
  | { readonly kind: 'passkey'; readonly prepared: string; readonly signed: SignedStatement };

export interface SessionTerms {
  readonly scopes: readonly Scope[];
  /** For `token list`: `web`, `runbook login on web1`. */
  readonly label: string;
  readonly expiresInMs: number;
}

export interface Session extends TokenSummary {
  /** The bearer's secret: shown once. */
  readonly secret: string;
  readonly person: string;
}

export interface Invited {
  readonly invite: string;
  readonly person: string;
  /** RFC 3339. */
  readonly expires_at: string;
}

export interface EnrolmentInput {
  /** Whose it becomes: by an invitation's secret, or the name of whoever is logged in. */
  readonly of: { readonly secret: string } | { readonly person: string };
  /** DER of the key, as the browser's `getPublicKey()` has it (SubjectPublicKeyInfo, P-256). */
  readonly spki: Buffer;
  /** Base64url. */
  readonly credential: string;
  /** The page it was made on, and its rpId. */
  readonly origin: string;
  readonly rpId: string;
  readonly label: string | null;
}

/** The login's `nonce` is the digest of the statement that the passkey signed. */
export type EnrolledBy = { readonly secret: string } | { readonly login: LoginEvidence };
