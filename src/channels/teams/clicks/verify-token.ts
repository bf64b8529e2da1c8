import type * as joseModule from 'jose';
import type { IssuerKeys } from './issuer-keys.ts';

/** Who called, as their token says; nothing of the call itself is read before. */
export type Caller =
  | {
      readonly kind: 'verified';
      /** The service that the token is for: the activity must name the same. */
      readonly serviceUrl: string;
      readonly kid: string;
    }
  | { readonly kind: 'forged'; readonly code: TokenProblem };

export type TokenProblem =
  | 'bearer_missing'
  | 'bearer_unreadable'
  | 'bearer_algorithm'
  | 'bearer_key_unknown'
  | 'bearer_not_endorsed'
  | 'bearer_signature'
  | 'bearer_issuer'
  | 'bearer_audience'
  | 'bearer_expired'
  | 'bearer_not_yet'
  | 'bearer_claims';

/** Who issues what Teams calls with. */
const issuer = 'https://api.botframework.com';
/** Clocks differ by this much at most. */
const toleranceSeconds = 300;

export interface TokenRules {
  readonly appId: string;
  readonly keys: IssuerKeys;
}

/** Whether a call could be genuine at all, whatever its body: it brings something that looks like a token. */
export function bringsToken(headers: Readonly<Record<string, string>>): boolean {
  return readBearer(headers) !== null;
}

/**
 * Judges the bearer token of a call (learn.microsoft.com, "Authenticate requests from the Bot Connector
 * service to your bot"): RS256, by a key that Microsoft publishes and endorses for Teams, issued to this app,
 * now. A token is over no body: it says who calls, and TLS carries the rest. Throws ChatError where
 * Microsoft does not say its keys.
 */
export async function verifyToken(
  headers: Readonly<Record<string, string>>,
  { appId, keys }: TokenRules,
  nowMs: number,
): Promise<Caller> {
  const token = readBearer(headers);
  if (token === null) {
    return forged(headers['authorization'] === undefined ? 'bearer_missing' : 'bearer_unreadable');
  }
  const jose = await import('jose');
  const header = readHeader(token, jose);
  if (header === null || header.alg !== 'RS256') {
    return forged(header === null ? 'bearer_unreadable' : 'bearer_algorithm');
  }
  const key = await keys.find(header.kid ?? '');
  if (key === null) {
    return forged('bearer_key_unknown');
  }
  if (!key.endorsements.includes('msteams')) {
    return forged('bearer_not_endorsed');
  }
  try {
    const { payload } = await jose.jwtVerify(token, await jose.importJWK(key.jwk, 'RS256'), {
      algorithms: ['RS256'],
      issuer,
      audience: appId,
      clockTolerance: toleranceSeconds,
      currentDate: new Date(nowMs),
      requiredClaims: ['iss', 'aud', 'exp', 'nbf', 'serviceurl'],
    });
    return accept(payload, { appId, kid: header.kid ?? '' });
  } catch (error) {
    return forged(problemOf(error, jose));
  }
}

type Jose = typeof joseModule;

function readBearer(headers: Readonly<Record<string, string>>): string | null {
  const [, token] = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(headers['authorization'] ?? '') ?? [];
  return token === undefined || token.length > 8_192 ? null : token;
}

function readHeader(token: string, jose: Jose): { alg?: string; kid?: string } | null {
  try {
    return jose.decodeProtectedHeader(token);
  } catch {
    return null;
  }
}

/** A token for several apps would be one that any of them could use against the others. */
function accept(
  { aud, serviceurl }: joseModule.JWTPayload,
  { appId, kid }: { readonly appId: string; readonly kid: string },
): Caller {
  if (aud !== appId) {
    return forged('bearer_audience');
  }
  return typeof serviceurl === 'string'
    ? { kind: 'verified', serviceUrl: serviceurl, kid }
    : forged('bearer_claims');
}

const byClaim: Readonly<Record<string, TokenProblem>> = {
  iss: 'bearer_issuer',
  aud: 'bearer_audience',
  exp: 'bearer_expired',
  nbf: 'bearer_not_yet',
};

function problemOf(error: unknown, { errors }: Jose): TokenProblem {
  if (error instanceof errors.JWTExpired) {
    return 'bearer_expired';
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === 'missing' ? 'bearer_claims' : (byClaim[error.claim] ?? 'bearer_claims');
  }
  return error instanceof errors.JWSSignatureVerificationFailed
    ? 'bearer_signature'
    : 'bearer_unreadable';
}

function forged(code: TokenProblem): Caller {
  return { kind: 'forged', code };
}
