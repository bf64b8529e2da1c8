import type { BlobId } from '../../base/ids.ts';
import type { SignedStatement } from '../statement/statement.ts';

/**
 * What stands in the place of a signature where a receiver says who decided: a click in a chat, a call
 * of the API. It is the receiver's word, and the journal's signature is all that backs it: reports call
 * it attested, never signed (DESIGN section 6, A0 and A1). Part of an `approval.decided` entry.
 */
export interface Attested {
  /** The account whose process received it: `os:runbook@web1`. Whoever owns it could have made it up. */
  readonly receiver: string;
  /**
   * Who it came from, as the sender was authenticated: `slack:T0123ABCD/U0123ABCD`, `token:4f7k…`,
   * `os:robin@web1`.
   */
  readonly identity: string;
  /** Where that identity is nobody's in `people.yaml`: what it was matched by, `email:ana@example.com`. */
  readonly matched_by: string | null;
  /** Names what came: handed over twice, it is one decision. At most 200 characters. */
  readonly event: string;
  /** Blob of what came, as it came. */
  readonly raw: BlobId;
}

/** A statement that nobody signed, with the receiver's word on who made it. */
export interface AttestedStatement {
  /** The JCS text of a `Statement`, written by the receiver. */
  readonly statement: string;
  readonly attested: Attested;
  /** What it came through, as its entry says. */
  readonly channel?: string | undefined;
}

/**
 * What stands in the place of a signature where somebody logged in anew for this very statement: an OpenID
 * issuer's signature over the statement's digest (its `nonce`), and so A2 (DESIGN section 6). Part of an
 * `approval.decided` entry. Whoever received it could not have made it up.
 */
export interface LoginEvidence {
  readonly issuer: string;
  /** What we are to that issuer: the token's audience. */
  readonly client: string;
  /** The ID token as it came: a JWS in compact form, at most 16,384 characters. */
  readonly token: string;
}

/** A statement that somebody logged in for. */
export interface LoggedInStatement {
  /** The JCS text of a `Statement`, composed by the server that showed the request. */
  readonly statement: string;
  readonly login: LoginEvidence;
}

/** A decision as it is recorded: a statement, and a signature, a fresh login or a receiver's word. */
export interface Evidence {
  readonly statement: string;
  readonly signature: string | null;
  readonly attested?: Attested | undefined;
  readonly login?: LoginEvidence | undefined;
  /** What it came through; a signature counts whatever brought it. */
  readonly channel?: string | undefined;
}

/** Which of the three a decision rests on; null where that is not exactly one. */
export function evidenceOf({
  statement,
  signature,
  attested,
  login,
  channel,
}: Evidence):
  | { readonly signed: SignedStatement }
  | { readonly attested: AttestedStatement }
  | { readonly loggedIn: LoggedInStatement }
  | null {
  const [only, other] = [
    ...(signature === null ? [] : [{ signed: { statement, signature } }]),
    ...(attested === undefined ? [] : [{ attested: { statement, attested, channel } }]),
    ...(login === undefined ? [] : [{ loggedIn: { statement, login } }]),
  ];
  return only === undefined || other !== undefined ? null : only;
}
