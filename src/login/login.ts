import type { IssuerKey } from '../approval/people/passkeys.ts';
import type { Clock } from '../base/clock.ts';

/**
 * An OpenID issuer as the server asks it who somebody is (OpenID Connect Core 1.0, RFC 7636, RFC 8628).
 * Nothing is fetched before somebody logs in; what it says is verified before it is told on.
 */
export interface Login {
  /** As `login.oidc[].id`: of the address that it sends people back to. */
  readonly id: string;
  /** What people call it, on the button: `Example SSO`. */
  readonly name: string;
  /** As in its discovery document and in `people.yaml`. */
  readonly issuer: string;
  /** What we are to it. */
  readonly client: string;
  /** Whether `runbook login` may come by device flow. */
  readonly device: boolean;
  /**
   * Begins the code flow with PKCE, state and nonce. `redirect` is for this issuer alone (RFC 9700, 4.4.2),
   * and whoever is called there refuses what was begun with another. With `fresh` the issuer is told to ask anew
   * (`max_age=0`, `prompt=login`), and `nonce` may be a statement's digest. Throws LoginError
   * `issuer_unreachable`.
   */
  begin(input: {
    readonly redirect: string;
    readonly fresh: { readonly nonce: string } | null;
  }): Promise<Begun>;
  /**
   * The issuer's answer to what was begun. Throws LoginError `login_refused` with the reason,
   * `issuer_unreachable`.
   */
  finish(callback: URL, kept: string): Promise<LoggedIn>;
  /** Begins the device flow. Throws as `begin`, UsageError `device_login_unsupported`. */
  beginDevice(): Promise<BegunDevice>;
  /**
   * Asks once. `pending` while nobody has logged in there yet; after `slow_down` 5 s more must pass between
   * any two tries (RFC 8628, 3.5). Throws as `finish`.
   */
  pollDevice(device: BegunDevice): Promise<LoggedIn | 'pending' | 'slow_down'>;
}

export interface Begun {
  /** Where to send the browser. */
  readonly url: string;
  /** The issuer's answer repeats it, whatever it is: no other one is an answer to this (RFC 6749, 4.1.2). */
  readonly state: string;
  /** State, nonce and verifier: kept with the browser's session, never shown. */
  readonly kept: string;
}

export interface BegunDevice {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string | null;
  readonly expires_in_s: number;
  readonly interval_s: number;
}

/** Who the issuer says it was, verified. */
export interface LoggedIn {
  readonly issuer: string;
  readonly client: string;
  readonly subject: string;
  /** The ID token as it came. */
  readonly token: string;
  /** The issuer's key that signed it, as its published set has it. */
  readonly key: IssuerKey;
}

export interface LoginDeps {
  readonly clock: Clock;
  /** Where secrets are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
