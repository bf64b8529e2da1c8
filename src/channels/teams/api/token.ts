import * as v from 'valibot';
import type { Clock } from '../../../base/clock.ts';
import { ask, teamsError } from './ask.ts';

/** The app's own token, for Authorization headers. */
export interface AppToken {
  /** Throws ChatError: `invalid_client` where the secret is wrong, `unauthorized_client` where the app is. */
  get(): Promise<string>;
  /** It was refused: the next is a new one. */
  drop(): void;
}

export interface AppTokenOptions {
  readonly url: string;
  readonly appId: string;
  readonly secret: string;
  readonly clock: Clock;
}

/** Before it expires, so that none expires on its way. */
const earlierMs = 5 * 60_000;

/**
 * Asks for a token of the Bot Connector by client credentials (RFC 6749, 4.4; learn.microsoft.com, "Authenticate
 * requests with the Bot Connector API"), once for everybody who waits, and keeps it until shortly before it expires.
 */
export function openAppToken({ url, appId, secret, clock }: AppTokenOptions): AppToken {
  let kept: { readonly token: Promise<Issued>; readonly until: () => number } | null = null;
  const issue = (): Promise<Issued> => {
    let until = Number.POSITIVE_INFINITY;
    const token = askToken(url, { appId, secret }).then((issued) => {
      until = clock.now().wallMs + issued.expiresMs - Math.min(earlierMs, issued.expiresMs / 2);
      return issued;
    });
    const mine = { token, until: () => until };
    kept = mine;
    token.catch(() => {
      kept = kept === mine ? null : kept;
    });
    return token;
  };
  return {
    get: async () => {
      const fresh = kept !== null && clock.now().wallMs < kept.until() ? kept.token : issue();
      return (await fresh).token;
    },
    drop: () => {
      kept = null;
    },
  };
}

interface Issued {
  readonly token: string;
  readonly expiresMs: number;
}

const issued = v.object({
  token_type: v.pipe(v.string(), v.regex(/^bearer$/i)),
  access_token: v.pipe(v.string(), v.regex(/^[\w.~+/=-]{1,16384}$/)),
  expires_in: v.pipe(v.number(), v.minValue(1), v.maxValue(7 * 86_400)),
});

const refused = v.object({ error: v.pipe(v.string(), v.regex(/^[a-z_]{1,60}$/)) });

async function askToken(
  url: string,
  { appId, secret }: Pick<AppTokenOptions, 'appId' | 'secret'>,
): Promise<Issued> {
  const { status, body } = await ask(url, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: appId,
      client_secret: secret,
      scope: 'https://api.botframework.com/.default',
    }),
  });
  const answer = v.safeParse(issued, body);
  if (status === 200 && answer.success) {
    const { access_token: token, expires_in: seconds } = answer.output;
    return { token, expiresMs: seconds * 1000 };
  }
  const refusal = v.safeParse(refused, body);
  const passing = status === 429 || status >= 500;
  const code = status === 200 ? 'answer_unreadable' : `http_${status}`;
  throw teamsError(refusal.success && !passing ? refusal.output.error : code, passing);
}
