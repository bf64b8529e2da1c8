import * as v from 'valibot';
import { parsePublishedKey } from '../approval/court/issuer-key.ts';
import { fitsKey, holdsJws, type Jws, readJws } from '../approval/court/jws.ts';
import type { IssuerKey } from '../approval/people/passkeys.ts';
import { RunbookError } from '../base/errors.ts';
import { refused, unreachable } from './refused.ts';

const maxBytes = 256 * 1024;

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
  const jws = readToken(token, of);
  const keys = await loadKeys(of);
  const signer = keys.find((key) => fitsKey(jws, key) && holdsJws(jws, key));
  if (signer === undefined) {
    throw refused(of.issuer, 'none of its published keys has signed its ID token');
  }
  return signer;
}

/** As a decision by login is judged: what nobody could check later is not taken now. */
function readToken(token: string, { issuer }: Published): Jws {
  try {
    return readJws(token);
  } catch (error) {
    throw error instanceof RunbookError ? refused(issuer, error.message, error) : error;
  }
}

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
    .flatMap((key) => parsePublishedKey(key) ?? []);
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
