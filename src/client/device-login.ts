import { LoginError, RunbookError } from '../base/errors.ts';
import {
  type BegunDeviceLogin,
  begunDeviceLogin,
  deviceOutcome,
  type LoginWays,
  loginWays,
} from '../engine/wire/login.ts';
import { type Connection, pathOf } from './connection.ts';

/** How to come by a token at this server. None of an issuer where the server is too old to be asked. */
export async function askLoginWays({ call }: Connection): Promise<LoginWays> {
  try {
    return await call({ path: pathOf('login'), answer: loginWays });
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'route_unknown') {
      return { device: [] };
    }
    throw error;
  }
}

/** Begins a login that somebody finishes in a browser, anywhere. */
export async function beginDeviceLogin(
  { call }: Connection,
  body: { readonly issuer: string | null; readonly label: string },
): Promise<BegunDeviceLogin> {
  return call({ method: 'POST', path: pathOf('login', 'device'), body, answer: begunDeviceLogin });
}

/**
 * Waits until somebody has logged in, and answers the token. Throws LoginError `device_login_over` where nobody
 * did in time, and what the server says of who did.
 */
export async function awaitDeviceLogin(
  { call, pace }: Connection,
  begun: BegunDeviceLogin,
): Promise<string> {
  const untilMs = pace.nowMs() + begun.expires_in * 1000;
  let intervalS = begun.interval;
  while (pace.nowMs() < untilMs) {
    await pace.pause(intervalS * 1000);
    // An answer that was lost had the token in it, or not: asked again, the server says which.
    const outcome = await call({
      method: 'POST',
      path: pathOf('login', 'device', begun.id),
      answer: deviceOutcome,
      repeatable: true,
    });
    if (outcome.status === 'issued') {
      return outcome.issued.secret;
    }
    intervalS = Math.max(1, outcome.interval);
  }
  throw new LoginError({
    code: 'device_login_over',
    message: `nobody logged in at \`${begun.issuer}\` in time`,
    hint: '`runbook login` begins another',
  });
}
