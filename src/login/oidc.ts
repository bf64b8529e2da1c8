import type * as openid from 'openid-client';
import type { ClientAuth, Configuration } from 'openid-client';
import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import { loadSecret } from '../base/secret-source.ts';
import { discoveryError, issuerError } from './issuer-error.ts';
import type { Begun, BegunDevice, LoggedIn, Login, LoginDeps } from './login.ts';
import { refused, unreachable } from './refused.ts';
import type { IssuerSettings } from './settings.ts';
import { findSigningKey } from './signing-key.ts';

/** For each call of the issuer: somebody waits at a page. */
const timeoutMs = 10_000;

/** Nothing else is asked for: who somebody is, and neither name, address nor groups. */
const scope = 'openid';

/** An issuer by OpenID Connect. What it says of itself is fetched when first needed; a failure is asked again. */
export function openOidc(settings: IssuerSettings, deps: LoginDeps): Login {
  const { id, name, issuer, client, device } = settings;
  const discover = untilItWorks(() => discoverIssuer(settings, deps));
  const ask = async <T>(work: (known: Known) => Promise<T>): Promise<T> => {
    try {
      return await work({ ...(await discover()), settings, deps });
    } catch (error) {
      throw issuerError(issuer, error);
    }
  };
  return {
    id,
    name,
    issuer,
    client,
    device,
    begin: (input) => ask((known) => begin(known, input)),
    finish: (callback, kept) => ask((known) => finish(known, callback, kept)),
    beginDevice: () => ask(beginDevice),
    pollDevice: (begun) => ask((known) => pollDevice(known, begun)),
  };
}

/** Asks an issuer what it is, whatever was asked before. Throws LoginError `issuer_unreachable`, ConfigError. */
export async function examineOidc(
  settings: IssuerSettings,
  deps: Pick<LoginDeps, 'env'>,
): Promise<{ readonly hasDeviceFlow: boolean }> {
  try {
    const { config } = await discoverIssuer(settings, deps);
    return { hasDeviceFlow: config.serverMetadata().device_authorization_endpoint !== undefined };
  } catch (error) {
    throw issuerError(settings.issuer, error);
  }
}

type Oidc = typeof openid;

interface Discovered {
  readonly oidc: Oidc;
  readonly config: Configuration;
}

interface Known extends Discovered {
  readonly settings: IssuerSettings;
  readonly deps: LoginDeps;
}

function untilItWorks<T>(work: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= work().catch((error: unknown) => {
      asked = null;
      throw error;
    });
    return asked;
  };
}

async function discoverIssuer(
  { issuer, client, secret }: IssuerSettings,
  { env }: Pick<LoginDeps, 'env'>,
): Promise<Discovered> {
  const oidc = await import('openid-client');
  const proof = secret === null ? oidc.None() : proofOfClient(oidc, loadSecret(secret, env));
  // Settings let plain http through for this machine alone.
  const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [];
  const options = { execute, timeout: timeoutMs / 1000 };
  const config = await oidc
    .discovery(new URL(issuer), client, undefined, proof, options)
    .catch((error: unknown) => {
      throw discoveryError(issuer, error);
    });
  const told = config.serverMetadata().issuer;
  // Several tenants share one address at some; and who somebody is begins with this very text.
  if (told !== issuer) {
    throw unreachable(issuer, `it calls itself \`${told}\`, and \`login.oidc\` must say the same`);
  }
  return { oidc, config };
}

/** In the header, as every issuer must take it (RFC 6749, 2.3.1), unless this one says otherwise. */
function proofOfClient(oidc: Oidc, secret: string): ClientAuth {
  return (server, ...rest) => {
    const { token_endpoint_auth_methods_supported: methods } = server;
    const inHeader = methods === undefined || methods.includes('client_secret_basic');
    const prove = inHeader ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
    prove(server, ...rest);
  };
}

/** What `begin` hands out to be kept, and `finish` reads again. */
const keptSchema = v.strictObject({
  state: v.string(),
  nonce: v.string(),
  verifier: v.string(),
  fresh: v.boolean(),
  begun_ms: v.number(),
});

async function begin(
  { oidc, config, deps }: Known,
  { redirect, fresh }: Parameters<Login['begin']>[0],
): Promise<Begun> {
  const kept: v.InferOutput<typeof keptSchema> = {
    state: oidc.randomState(),
    nonce: fresh?.nonce ?? oidc.randomNonce(),
    verifier: oidc.randomPKCECodeVerifier(),
    fresh: fresh !== null,
    begun_ms: deps.clock.now().wallMs,
  };
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope,
    state: kept.state,
    nonce: kept.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(kept.verifier),
    code_challenge_method: 'S256',
    ...(kept.fresh ? { max_age: '0', prompt: 'login' } : {}),
  });
  return { url: url.href, state: kept.state, kept: JSON.stringify(kept) };
}

async function finish(known: Known, callback: URL, text: string): Promise<LoggedIn> {
  const { oidc, config, deps } = known;
  const kept = v.parse(keptSchema, JSON.parse(text));
  const sinceS = Math.ceil((deps.clock.now().wallMs - kept.begun_ms) / 1000);
  const tokens = await oidc.authorizationCodeGrant(config, callback, {
    expectedState: kept.state,
    expectedNonce: kept.nonce,
    pkceCodeVerifier: kept.verifier,
    idTokenExpected: true,
    // Logged in since it began, however long that took: `max_age=0` of itself would count from now.
    ...(kept.fresh ? { maxAge: Math.max(0, sinceS) } : {}),
  });
  return readTokens(known, tokens);
}

async function beginDevice({ oidc, config, settings }: Known): Promise<BegunDevice> {
  if (config.serverMetadata().device_authorization_endpoint === undefined) {
    throw new UsageError({
      code: 'device_login_unsupported',
      message: `\`${settings.issuer}\` has no device flow`,
      hint: 'log in on the page, or take a token: `runbook token create`',
    });
  }
  const begun = await oidc.initiateDeviceAuthorization(config, { scope });
  return {
    device_code: begun.device_code,
    user_code: begun.user_code,
    verification_uri: begun.verification_uri,
    verification_uri_complete: begun.verification_uri_complete ?? null,
    expires_in_s: begun.expires_in,
    // RFC 8628, 3.2.
    interval_s: begun.interval ?? 5,
  };
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

async function pollDevice(
  known: Known,
  { device_code }: BegunDevice,
): Promise<LoggedIn | 'pending' | 'slow_down'> {
  const { oidc, config } = known;
  try {
    return await readTokens(
      known,
      await oidc.genericGrantRequest(config, deviceGrant, { device_code }),
    );
  } catch (error) {
    if (error instanceof oidc.ResponseBodyError && error.error === 'authorization_pending') {
      return 'pending';
    }
    if (error instanceof oidc.ResponseBodyError && error.error === 'slow_down') {
      return 'slow_down';
    }
    throw error;
  }
}

type Tokens = Awaited<ReturnType<Oidc['genericGrantRequest']>>;

/** openid-client has judged issuer, audience, nonce and times; whose signature it is, it has not. */
async function readTokens({ config, settings }: Known, tokens: Tokens): Promise<LoggedIn> {
  const { issuer, client } = settings;
  const claims = tokens.claims();
  if (tokens.id_token === undefined || claims === undefined) {
    throw refused(issuer, 'it gave no ID token');
  }
  if (claims.iss !== issuer) {
    throw refused(issuer, `its ID token is of \`${claims.iss}\``);
  }
  // As it must be (OpenID Connect Core, 2), and as `people.yaml` can have it: it goes into commands and logs.
  if (!/^[!-~]{1,255}$/.test(claims.sub)) {
    throw refused(issuer, 'its subject is not one plain word');
  }
  const { jwks_uri: jwksUri } = config.serverMetadata();
  const key = await findSigningKey(tokens.id_token, { issuer, jwksUri, timeoutMs });
  return { issuer, client, subject: claims.sub, token: tokens.id_token, key };
}
