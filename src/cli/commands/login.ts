import { Command } from 'commander';
import { LoginError, UsageError } from '../../base/errors.ts';
import { parseServerUrl, type ServerSettings } from '../../client/settings.ts';
import { keepToken } from '../../client/token-file.ts';
import { userConfigDir } from '../../config/paths.ts';
import type { Cli } from '../cli.ts';
import { readAll } from '../io.ts';
import { logInByBrowser } from '../log-in-by-browser.ts';
import { openRemoteAs } from '../open-remote.ts';
import { askSecret } from '../prompt.ts';
import { renderMe } from '../render/me.ts';
import { resultStyle } from '../styles.ts';

export function loginCommand(cli: Cli): Command {
  return new Command('login')
    .description(
      'Keeps the token by which a server knows you, once the server has said who that is. Where the server has single sign-on for terminals, it shows an address and a code, to log in by any browser. A token of your own is asked for, or read from stdin; it never stands among the arguments, where others could see it.',
    )
    .option('--server <url>', 'the server; without it the one that is configured')
    .option('--issuer <issuer>', 'whom to log in with, by name or address, where there are several')
    .option('--token', 'ask for a token, although the server has single sign-on')
    .addHelpText(
      'after',
      `
Whoever runs the server issues tokens: \`runbook token create --person NAME --scope start,read,decide\`.
A login by browser may start and read, for 12 hours; to decide, log in on the server's page, or sign.
Where nobody watches and stdin is empty, it begins with --issuer or --json alone.

Examples:
  runbook login
  runbook login --server https://runbook.example.com < token.txt`,
    )
    .action(async (options: LoginOptions) => cli.finish(await runLogin(cli, options)));
}

export interface LoginOptions {
  readonly server?: string;
  readonly issuer?: string;
  readonly token?: true;
}

export async function runLogin(cli: Cli, options: LoginOptions): Promise<number> {
  const server = await chosenServer(cli, options);
  const token = await obtainToken(cli, server, options);
  const me = await openRemoteAs(cli.io, server, token).me();
  const file = keepToken(userConfigDir(cli.io.env), token, server.url);
  const nowMs = cli.io.clock.now().wallMs;
  cli.print({ ...me, server: server.url }, () =>
    renderMe(me, server.url, { style: resultStyle(cli), nowMs }),
  );
  cli.say(`the token is kept in ${file}; \`runbook logout\` forgets it`);
  if ((cli.io.env['RUNBOOK_TOKEN'] ?? '') !== '') {
    cli.warn('RUNBOOK_TOKEN is set, and comes before the token that is kept');
  }
  if ((await cli.server())?.url !== server.url) {
    cli.say(
      `commands go there with RUNBOOK_SERVER=${server.url}, or with \`server: { url: ${server.url} }\` in config.yaml`,
    );
  }
  return 0;
}

/** A server that is named is taken as it is; the configured one brings its authority. */
async function chosenServer(cli: Cli, options: LoginOptions): Promise<ServerSettings> {
  const named = options.server === undefined ? null : parseServerUrl(options.server);
  const configured = await cli.server();
  if (named !== null) {
    return configured?.url === named ? configured : { url: named, ca: null };
  }
  if (configured === null) {
    throw new UsageError({
      code: 'server_missing',
      message: 'no server is named or configured',
      hint: '`runbook login --server https://runbook.example.com`',
    });
  }
  return configured;
}

/** What is piped in, what the login in a browser brings, or what is typed. */
async function obtainToken(
  cli: Cli,
  server: ServerSettings,
  options: LoginOptions,
): Promise<string> {
  // Whoever names an issuer has no token: a pipe that nobody closes is not waited for.
  const isPiped = cli.io.stdin.isTTY !== true && options.issuer === undefined;
  const piped = isPiped ? (await readAll(cli.io.stdin)).trim() : '';
  if (piped !== '') {
    return piped;
  }
  refuseUnattended(cli, options);
  const brought = options.token === true ? null : await logInByBrowser(cli, server, options.issuer);
  if (brought !== null) {
    return brought;
  }
  if (!cli.settings.interactive) {
    throw new UsageError({
      code: 'token_missing',
      message: 'nobody can be asked for the token here',
      hint: 'give it on stdin: `runbook login < token.txt`',
    });
  }
  return (await askSecret(cli, `Token for ${server.url}`)).trim();
}

/** A job whose token is missing must not wait for a browser that nobody opens; whoever means that says so. */
function refuseUnattended({ io, settings }: Cli, { issuer, token }: LoginOptions): void {
  const isWatched = io.stdin.isTTY === true || io.stderr.isTTY === true;
  const isAsked = issuer !== undefined || token === true || settings.output !== 'text';
  if (!isWatched && !isAsked) {
    throw new LoginError({
      code: 'login_unattended',
      message: 'no token came on stdin, and nobody is here who could log in by a browser',
      hint: '`runbook login < token.txt`; `--issuer NAME`, or `--json`, to log in by a browser all the same',
    });
  }
}
