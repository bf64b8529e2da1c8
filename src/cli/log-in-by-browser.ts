import { hostname } from 'node:os';
import { formatDuration } from '../base/duration.ts';
import { UsageError } from '../base/errors.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import { askLoginWays, awaitDeviceLogin, beginDeviceLogin } from '../client/device-login.ts';
import type { ServerSettings } from '../client/settings.ts';
import type { Cli } from './cli.ts';
import { connectAsNobody } from './open-remote.ts';
import { askChoice } from './prompt.ts';

/**
 * Logs in by a browser, anywhere (RFC 8628): says where and by which code, and waits. No terminal is needed.
 * Answers the token; null where the server offers no such login.
 */
export async function logInByBrowser(
  cli: Cli,
  server: ServerSettings,
  wanted: string | undefined,
): Promise<string | null> {
  const connection = connectAsNobody(server);
  const { device } = await askLoginWays(connection);
  if (device.length === 0 && wanted === undefined) {
    return null;
  }
  const issuer = await chooseIssuer(cli, device, wanted);
  const label = `runbook login on ${hostname()}`.replaceAll(/[^ -~]/g, '?').slice(0, 100);
  const begun = await beginDeviceLogin(connection, { issuer, label });
  tell(cli, begun);
  return awaitDeviceLogin(connection, begun);
}

type Offered = Awaited<ReturnType<typeof askLoginWays>>['device'];
type Begun = Awaited<ReturnType<typeof beginDeviceLogin>>;

async function chooseIssuer(
  cli: Cli,
  device: Offered,
  wanted: string | undefined,
): Promise<string> {
  const [only, ...others] = device;
  const name =
    wanted === undefined && others.length > 0 && cli.settings.interactive
      ? await askChoice(
          cli,
          'Log in with',
          device.map((it) => sanitizeLine(it.name)),
        )
      : wanted;
  const fits = (it: { readonly issuer: string; readonly name: string }): boolean =>
    name === it.issuer || name === sanitizeLine(it.name);
  const chosen = name === undefined && others.length === 0 ? only : device.find(fits);
  if (chosen === undefined) {
    throw new UsageError({
      code: name === undefined ? 'issuer_missing' : 'issuer_unknown',
      message:
        name === undefined
          ? `there are ${device.length} issuers to log in with`
          : `nobody logs in there from a terminal with \`${name}\``,
      hint: hintFor(device),
    });
  }
  return chosen.issuer;
}

function hintFor(device: Offered): string {
  const names = device.map((it) => `\`--issuer '${sanitizeLine(it.name)}'\``);
  return names.length === 0
    ? 'give a token on stdin: `runbook login < token.txt`'
    : names.join(', ');
}

/** For people in words; for programs, which may show it to people, as JSON. Nothing in it is ours. */
function tell({ io, settings }: Cli, begun: Begun): void {
  const { user_code, verification_uri, verification_uri_complete, expires_in } = begun;
  if (settings.output !== 'text') {
    const told = { user_code, verification_uri, verification_uri_complete, expires_in };
    io.stderr.write(`${JSON.stringify(told)}\n`);
    return;
  }
  const code = sanitizeLine(user_code);
  io.stderr.write(`open ${sanitizeLine(verification_uri)} in any browser, and type ${code}\n`);
  if (verification_uri_complete !== null) {
    io.stderr.write(`or open ${sanitizeLine(verification_uri_complete)} and compare the code\n`);
  }
  io.stderr.write(
    `waiting for ${sanitizeLine(begun.name)}, up to ${formatDuration(expires_in * 1000)}\n`,
  );
}
