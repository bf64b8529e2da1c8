import type { JWK } from 'jose';
import * as v from 'valibot';
import type { Clock } from '../../../base/clock.ts';
import { ask, teamsError } from '../api/ask.ts';

/** A key of Microsoft's, and the channels it may speak for. */
export interface IssuerKey {
  readonly jwk: JWK;
  readonly endorsements: readonly string[];
}

export interface IssuerKeys {
  /** The key of this id; null where Microsoft publishes none. Throws ChatError where it does not answer. */
  find(kid: string): Promise<IssuerKey | null>;
}

/** Keys are asked for anew once a day (learn.microsoft.com, "Authentication"). */
const keepMs = 24 * 3_600_000;
/** Where Microsoft did not answer. */
const retryMs = 10_000;
/** Anybody may name a key that is not there: that makes nobody ask more often than this. */
const pauseMs = 5 * 60_000;

/** The keys of `https://api.botframework.com`, by its OpenID metadata. */
export function openIssuerKeys(metadataUrl: string, clock: Clock): IssuerKeys {
  let kept: Kept | null = null;
  const load = (at: number): Kept => {
    const mine: Kept = { keys: askKeys(metadataUrl), until: at + keepMs, at };
    kept = mine;
    mine.keys.catch(() => {
      mine.until = at + retryMs;
    });
    return mine;
  };
  return {
    async find(kid) {
      const at = clock.now().wallMs;
      const current = kept !== null && at < kept.until ? kept : load(at);
      const found = (await current.keys).get(kid) ?? null;
      return found !== null || at - current.at < pauseMs
        ? found
        : ((await load(at).keys).get(kid) ?? null);
    },
  };
}

interface Kept {
  readonly keys: Promise<Keys>;
  readonly at: number;
  until: number;
}

type Keys = ReadonlyMap<string, IssuerKey>;

const metadata = v.object({ jwks_uri: v.pipe(v.string(), v.url()) });

const jwks = v.object({
  keys: v.array(
    v.looseObject({
      kty: v.string(),
      kid: v.string(),
      endorsements: v.optional(v.array(v.string()), []),
    }),
  ),
});

async function askKeys(metadataUrl: string): Promise<Keys> {
  const { jwks_uri: address } = await askFor(metadata, metadataUrl);
  // Whoever answers here is believed: nobody else than the one that was asked may name another.
  if (new URL(address).origin !== new URL(metadataUrl).origin) {
    throw teamsError('answer_unreadable', true);
  }
  const { keys } = await askFor(jwks, address);
  return new Map(
    keys
      .filter(({ kty }) => kty === 'RSA')
      .map(({ endorsements, ...jwk }) => [jwk.kid, { jwk, endorsements }]),
  );
}

async function askFor<T>(schema: v.GenericSchema<unknown, T>, url: string): Promise<T> {
  const { status, body } = await ask(url, { method: 'GET' });
  const read = v.safeParse(schema, body);
  if (status === 200 && read.success) {
    return read.output;
  }
  throw teamsError(status === 200 ? 'answer_unreadable' : `http_${status}`, true);
}
