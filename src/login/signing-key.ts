import type * as jose from 'jose';
import * as v from 'valibot';
import type { IssuerKey } from '../approval/people/passkeys.ts';
import { refused, unreachable } from './refused.ts';

/** As the journal keeps them: beyond it nothing could be recorded. */
const longestToken = 16_384;
const maxBytes = 256 * 1024;
/** Only what everybody can check with the issuer's public key; `none` and shared secrets prove nothing. */
const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'];

interface Published {
  readonly issuer: string;
  readonly jwksUri: string | undefined;
  readonly timeoutMs: number;
}

/**
 * The key of the issuer's published set that signed this token. A client that got the token from the issuer
 * itself may do without the signature (OpenID Connect Core, 3.1.3.7); we show it to others. Throws
 * LoginError `login_refused`, `issuer_unreachable`.
 */
export async function findSigningKey(token: string, of: Published): Promise<IssuerKey> {
  const { issuer } = of;
  if (token.length > longestToken) {
    throw refused(issuer, `its ID token has more than ${longestToken} characters`);
  }
  const loaded = await import('jose');
  const { alg = 'none', kid = null } = readHeader(loaded, token);
  if (!algorithms.includes(alg)) {
    throw refused(issuer, `its ID token is signed by \`${alg.slice(0, 20)}\``);
  }
  for (const key of await loadKeys(of)) {
    if ((kid === null || key.kid === kid) && (await hasSigned(loaded, { token, alg, key }))) {
      return key;
    }
  }
  throw refused(issuer, 'none of its published keys has signed its ID token');
}

type Jose = typeof jose;

function readHeader(loaded: Jose, token: string): { alg?: string; kid?: string } {
  try {
    return loaded.decodeProtectedHeader(token);
  } catch {
    return {};
  }
}

async function hasSigned(
  { compactVerify, importJWK }: Jose,
  { token, alg, key }: { readonly token: string; readonly alg: string; readonly key: IssuerKey },
): Promise<boolean> {
  try {
    const { kid: _, ...material } = key;
    await compactVerify(token, await importJWK(material, alg), { algorithms: [alg] });
    return true;
  } catch {
    // Of another kind than the algorithm takes, too short, or not the one.
    return false;
  }
}

const kid = v.optional(v.nullable(v.pipe(v.string(), v.maxLength(200))), null);
const number = v.pipe(v.string(), v.regex(/^[\w-]{1,2000}$/));

/** What is not needed to check a signature is left out, private members above all. */
const publicKey = v.variant('kty', [
  v.object({ kty: v.literal('RSA'), kid, n: number, e: number }),
  v.object({
    kty: v.literal('EC'),
    kid,
    crv: v.picklist(['P-256', 'P-384', 'P-521']),
    x: number,
    y: number,
  }),
  v.object({ kty: v.literal('OKP'), kid, crv: v.literal('Ed25519'), x: number }),
]);

const keySet = v.object({
  keys: v.pipe(v.array(v.looseObject({ use: v.optional(v.string()) })), v.maxLength(100)),
});

async function loadKeys({ issuer, jwksUri, timeoutMs }: Published): Promise<readonly IssuerKey[]> {
  if (jwksUri === undefined || (issuer.startsWith('https:') && !jwksUri.startsWith('https:'))) {
    throw refused(issuer, 'it publishes no keys');
  }
  const answer = await fetchJson(jwksUri, timeoutMs).catch((cause: unknown) => {
    throw unreachable(issuer, 'its keys cannot be fetched', cause);
  });
  const set = v.safeParse(keySet, answer);
  if (!set.success) {
    throw unreachable(issuer, 'its keys are no set of keys');
  }
  // Sets hold keys of kinds that are not for us beside those that are.
  return set.output.keys
    .filter(({ use = 'sig' }) => use === 'sig')
    .flatMap((key) => {
      const { success, output } = v.safeParse(publicKey, key);
      return success ? [output] : [];
    });
}

async function fetchJson(url: string, timeoutMs: number): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { redirect: 'error', signal });
  const text = await response.text();
  if (!response.ok || text.length > maxBytes) {
    throw new Error(`${response.status}, ${text.length} characters`);
  }
  return JSON.parse(text);
}
