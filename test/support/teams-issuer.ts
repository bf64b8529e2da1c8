import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { onTestFinished } from 'vitest';
import { lazy } from '../../src/base/lazy.ts';

export const appId = '0f0e0d0c-0b0a-4908-8706-050403020100';
export const clientSecret = 'the client secret of these tests';

/** Which of the issuer's keys signs: `stolen` is of nobody that it publishes. */
export type KeyName = 'teams' | 'other-channel' | 'stolen';

/**
 * Microsoft's login in its place: OpenID metadata and keys of whoever calls a bot, one endorsed for Teams and
 * one for another channel only, and the tokens that a bot asks for.
 */
export interface TeamsIssuer {
  readonly metadataUrl: string;
  readonly tokenUrl: string;
  /** A token as Teams calls with, for this service, now; `claims` are laid over it, undefined leaves one out. */
  sign(
    serviceUrl: string,
    nowMs: number,
    more?: {
      readonly claims?: Readonly<Record<string, unknown>>;
      readonly key?: KeyName;
      readonly kid?: string;
    },
  ): Promise<string>;
  /** What the app was given, newest last. */
  readonly issued: string[];
  /** Addresses asked for. */
  readonly asked: string[];
  /** What is answered in its place from now on; null for nothing. */
  fault: { readonly status: number; readonly body: object } | null;
  /** How long the app's tokens are good. */
  expiresIn: number;
}

/** Made once: a key of RSA takes its time. */
const keyPairs = lazy(() => {
  const names: readonly KeyName[] = ['teams', 'other-channel', 'stolen'];
  return Promise.all(names.map(async (name) => [name, await generateKeyPair('RS256')] as const));
});

/** Closed when the test is over. */
export async function openTeamsIssuer(): Promise<TeamsIssuer> {
  const pairs = await keyPairs();
  const keys = new Map(pairs);
  const published = await Promise.all(
    pairs
      .filter(([name]) => name !== 'stolen')
      .map(async ([kid, { publicKey }]) => ({
        ...(await exportJWK(publicKey)),
        kid,
        use: 'sig',
        endorsements: [kid === 'teams' ? 'msteams' : 'webchat'],
      })),
  );
  const server = createServer((request, response) => {
    void answer(issuer, published, { request, response, origin });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer: TeamsIssuer = {
    metadataUrl: `${origin}/metadata`,
    tokenUrl: `${origin}/token`,
    issued: [],
    asked: [],
    fault: null,
    expiresIn: 3600,
    sign: (serviceUrl, nowMs, { claims = {}, key = 'teams', kid = key } = {}) => {
      const seconds = Math.floor(nowMs / 1000);
      const whole = {
        iss: 'https://api.botframework.com',
        aud: appId,
        nbf: seconds - 60,
        exp: seconds + 3_600,
        serviceurl: serviceUrl,
        ...claims,
      };
      const given = Object.entries(whole).filter(([, value]) => value !== undefined);
      const pair = keys.get(key);
      if (pair === undefined) {
        throw new Error(`no key ${key}`);
      }
      return new SignJWT(Object.fromEntries(given))
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
        .sign(pair.privateKey);
    },
  };
  return issuer;
}

async function answer(
  issuer: TeamsIssuer,
  keys: readonly object[],
  on: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly origin: string;
  },
): Promise<void> {
  const { request, response, origin } = on;
  const path = request.url ?? '/';
  issuer.asked.push(path);
  const body = await text(request);
  const { status, body: said } = issuer.fault ?? answerTo(issuer, keys, { path, body, origin });
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(said));
}

function answerTo(
  issuer: TeamsIssuer,
  keys: readonly object[],
  { path, body, origin }: { readonly path: string; readonly body: string; readonly origin: string },
): { readonly status: number; readonly body: object } {
  switch (path) {
    case '/metadata':
      return {
        status: 200,
        body: { issuer: 'https://api.botframework.com', jwks_uri: `${origin}/keys` },
      };
    case '/keys':
      return { status: 200, body: { keys } };
    case '/token': {
      const given = Object.fromEntries(new URLSearchParams(body));
      const good =
        given['grant_type'] === 'client_credentials' &&
        given['client_id'] === appId &&
        given['client_secret'] === clientSecret &&
        given['scope'] === 'https://api.botframework.com/.default';
      if (!good) {
        return {
          status: 401,
          body: { error: 'invalid_client', error_description: 'AADSTS7000215' },
        };
      }
      const token = `token-${issuer.issued.length}`;
      issuer.issued.push(token);
      const expires = { expires_in: issuer.expiresIn };
      return { status: 200, body: { token_type: 'Bearer', access_token: token, ...expires } };
    }
    default:
      return { status: 404, body: {} };
  }
}
