import { createServer } from 'node:http';
import { type Configuration, Provider } from 'oidc-provider';
import { onTestFinished } from 'vitest';

/** An OpenID issuer that nobody here wrote (`oidc-provider`), on this machine until the test ends. */
export interface TestIssuer {
  readonly issuer: string;
  readonly client: string;
  readonly secret: string;
  /** Further calls are answered with 503, or not at all. */
  readonly fail: (how: 'never' | 'unavailable' | 'silent') => void;
  readonly stop: () => Promise<void>;
}

export interface IssuerOptions {
  /** Where it sends people back to, unless it is our page here; a port of this machine is not compared. */
  readonly redirects?: readonly string[];
  readonly more?: Configuration;
}

/**
 * Whoever types a name at it is that subject, whatever the password. Its clients are `runbook`, with a
 * secret, and `runbook-public`, without.
 */
export async function openIssuer({
  redirects = [ourPage],
  more,
}: IssuerOptions = {}): Promise<TestIssuer> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const issuer = `http://127.0.0.1:${typeof bound === 'object' ? bound?.port : ''}`;
  const provider = aProvider(issuer, redirects, more);
  const answer = provider.callback();
  let failing: Parameters<TestIssuer['fail']>[0] = 'never';
  server.on('request', (request, response) => {
    if (failing === 'unavailable') {
      response.writeHead(503).end('not now');
    } else if (failing === 'never') {
      void answer(request, response);
    }
  });
  const stop = async (): Promise<void> => {
    if (server.listening) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
  };
  onTestFinished(stop);
  return {
    issuer,
    client: 'runbook',
    secret,
    fail: (how) => {
      failing = how;
    },
    stop,
  };
}

const ourPage = 'http://localhost/login/callback/example-sso';
const secret = 'a-secret-of-tests-alone';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** Its forms without what it dresses them in, which it fetches from elsewhere. */
const deviceFlow = {
  enabled: true,
  userCodeConfirmSource: (context: { body?: unknown }, form: string): void => {
    context.body = `<!doctype html><h1>Is this your code?</h1>${form}`;
  },
  successSource: (context: { body?: unknown }): void => {
    context.body = '<!doctype html><h1>You can close this window</h1>';
  },
};

function aProvider(issuer: string, redirects: readonly string[], more: Configuration = {}) {
  const client = {
    grant_types: ['authorization_code', deviceGrant],
    response_types: ['code' as const],
    redirect_uris: [...redirects],
    // As programs of one machine: their ports are not compared (RFC 8252, 7.3).
    application_type: 'native' as const,
  };
  return quiet(
    () =>
      new Provider(issuer, {
        clients: [
          { ...client, client_id: 'runbook', client_secret: secret },
          { ...client, client_id: 'runbook-public', token_endpoint_auth_method: 'none' },
        ],
        findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
        pkce: { required: () => true },
        cookies: { keys: ['of tests alone'] },
        ttl: {
          AccessToken: 60,
          DeviceCode: 600,
          Grant: 3600,
          IdToken: 3600,
          Interaction: 600,
          Session: 3600,
        },
        ...more,
        features: { deviceFlow, ...more.features },
      }),
  );
}

/** It warns that keys and forms are those of a test. */
function quiet<T>(work: () => T): T {
  const { warn, info } = console;
  console.warn = () => undefined;
  console.info = () => undefined;
  try {
    return work();
  } finally {
    console.warn = warn;
    console.info = info;
  }
}
