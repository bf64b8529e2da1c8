import { LoginError, UsageError } from '../base/errors.ts';
import { newNonce } from '../base/ids.ts';
import type { LoginDesk } from '../engine/login/login-desk.ts';
import type {
  BegunDeviceLogin,
  DeviceBody,
  DeviceOutcome,
  LoginWays,
} from '../engine/wire/login.ts';
import type { BegunDevice, LoggedIn, Login } from '../login/login.ts';

/** Logins from terminals that wait for somebody at a browser: in memory, since they live for minutes. */
export interface DeviceLogins {
  readonly ways: LoginWays;
  /** Throws UsageError `issuer_unknown`, `issuer_missing`, and as `Login.beginDevice`. */
  begin(body: DeviceBody): Promise<BegunDeviceLogin>;
  /** Throws LoginError `device_login_over` where nothing waits under this id, and as `Login.pollDevice`, `LoginDesk.signIn`. */
  poll(id: string): Promise<DeviceOutcome>;
}

export interface DeviceDeps {
  readonly logins: readonly Login[];
  readonly desk: Pick<LoginDesk, 'signIn'>;
  /** Of a clock that only goes forward. */
  readonly nowMs: () => number;
}

interface Waiting {
  readonly login: Login;
  readonly device: BegunDevice;
  readonly label: string;
  readonly untilMs: number;
  intervalMs: number;
  /** No earlier than this the issuer is asked again. */
  nextMs: number;
}

/** Anybody may begin: beyond so many the oldest are forgotten. */
const most = 1000;
/** As long as a session on the page. */
const livesMs = 12 * 3_600_000;

export function openDeviceLogins({ logins, desk, nowMs }: DeviceDeps): DeviceLogins {
  const offered = logins.filter(({ device }) => device);
  const waiting = new Map<string, Waiting>();
  return {
    ways: { device: offered.map(({ issuer, name }) => ({ issuer, name })) },
    async begin({ issuer, label }) {
      const login = choose(offered, issuer);
      const device = await login.beginDevice();
      const [oldest] = waiting.keys();
      if (waiting.size >= most && oldest !== undefined) {
        waiting.delete(oldest);
      }
      const id = newNonce();
      const untilMs = nowMs() + device.expires_in_s * 1000;
      const intervalMs = device.interval_s * 1000;
      waiting.set(id, { login, device, label, untilMs, intervalMs, nextMs: 0 });
      return describe(id, login, device);
    },
    async poll(id) {
      const found = waiting.get(id);
      if (found === undefined || nowMs() >= found.untilMs) {
        waiting.delete(id);
        throw over();
      }
      const answer = await askInTime(found, nowMs);
      if (typeof answer === 'string') {
        return { status: answer, interval: Math.ceil(found.intervalMs / 1000) };
      }
      waiting.delete(id);
      const { issuer, subject } = answer;
      // Whoever talks somebody into typing a code at the issuer gets no vote by it.
      const terms = {
        scopes: ['start', 'read'] as const,
        label: found.label,
        expiresInMs: livesMs,
      };
      const session = await desk.signIn({ kind: 'oidc', issuer, subject }, terms);
      const { person: _, ...issued } = session;
      return { status: 'issued', issued };
    },
  };
}

/** The issuer is asked no more often than it wants to be, however often we are. */
async function askInTime(
  found: Waiting,
  nowMs: () => number,
): Promise<LoggedIn | 'pending' | 'slow_down'> {
  if (nowMs() < found.nextMs) {
    return 'slow_down';
  }
  // Also while it answers: two who ask at once must not fetch two tokens.
  found.nextMs = Number.POSITIVE_INFINITY;
  try {
    const answer = await found.login.pollDevice(found.device);
    if (answer === 'slow_down') {
      found.intervalMs += 5000;
    }
    return answer;
  } finally {
    found.nextMs = nowMs() + found.intervalMs;
  }
}

function choose(offered: readonly Login[], issuer: string | null): Login {
  const [only, ...others] = offered;
  if (issuer === null && others.length > 0) {
    throw new UsageError({
      code: 'issuer_missing',
      message: `there are ${offered.length} issuers to log in with`,
      hint: `name one: ${offered.map((it) => `\`${it.issuer}\``).join(', ')}`,
    });
  }
  const chosen = issuer === null ? only : offered.find((it) => it.issuer === issuer);
  if (chosen === undefined) {
    throw new UsageError({
      code: 'issuer_unknown',
      message: 'nobody logs in here from a terminal by that issuer',
      hint: 'log in on the page, or take a token: `runbook token create`',
    });
  }
  return chosen;
}

function describe(id: string, login: Login, device: BegunDevice): BegunDeviceLogin {
  const { issuer, name } = login;
  const { user_code, verification_uri, verification_uri_complete } = device;
  return {
    id,
    issuer,
    name,
    user_code,
    verification_uri,
    verification_uri_complete,
    expires_in: device.expires_in_s,
    interval: device.interval_s,
  };
}

function over(): LoginError {
  return new LoginError({
    code: 'device_login_over',
    message: 'no login waits under this id: it took too long, has ended, or the server began anew',
    hint: '`runbook login` begins another',
  });
}
