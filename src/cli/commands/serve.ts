import { Command } from 'commander';
import { formatTime } from '../../base/clock.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { Serving } from '../../server/serve.ts';
import type { ServeFlags, ServeSettings } from '../../server/settings.ts';
import type { Cli, ServingOffice } from '../cli.ts';
import { watchFolder, watchOthers } from '../watch-others.ts';

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description(
      'Serves pages for reviewers and the API on this host, drives the runs that are started through it, and receives decisions. ' +
        'A flag wins over `serve` in `config.yaml`.',
    )
    .option('--listen <host:port>', 'where to listen (default: 127.0.0.1:7878)')
    .option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'and this key')
    .option('--url <url>', 'where people reach it, such as https://runbook.example.com')
    .option('--allow-plain-http', 'listen beyond this machine without TLS: a proxy in front has it')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook serve\n  runbook serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem',
    )
    .action(async (flags: ServeFlags) => cli.finish(await runServe(cli, flags)));
}

export async function runServe(cli: Cli, flags: ServeFlags): Promise<number> {
  const { readServeSettings } = await import('../../server/settings.ts');
  const settings = readServeSettings(loadConfig(cli.io.env).serve, flags);
  const { signal, hurry } = cli.io.interrupts.take();
  const log = (line: object): void => {
    const time = formatTime(cli.io.clock.now().wallMs);
    cli.io.stderr.write(`${JSON.stringify({ time, ...line })}\n`);
  };
  const { url, workers, graceMs } = settings;
  const office = await cli.openServing({ url, workers, graceMs, log });
  const mirror = await openMirror(cli, settings, log).catch(async (error: unknown) => {
    await office.close();
    throw error;
  });
  try {
    const { serve } = await import('../../server/serve.ts');
    const door = mirror?.door ?? null;
    const logins = await cli.openLogins();
    const deps = { signal, hurry, log, clock: cli.io.clock, mirror: door, logins };
    const serving = await serve(office, settings, deps);
    await announce(cli, { office, serving, logins, log });
    await serving.closed;
  } finally {
    mirror?.close();
    await office.close();
  }
  return 0;
}

/** Where `serve.mirror` names journals of other hosts; its keys go into the log, for those hosts. */
async function openMirror(cli: Cli, { mirror }: ServeSettings, log: (line: object) => void) {
  if (mirror === null) {
    return null;
  }
  const { logs, name } = mirror;
  const dir = watchFolder(cli, mirror.dir, 'mirror');
  const watch = await watchOthers(cli, { dir, name, logs, mirrors: true }, log);
  log({
    event: 'mirroring',
    witness: watch.witness.verifierKey,
    mirror: watch.mirror?.verifierKey ?? null,
  });
  const { openDoor } = await import('../../witness/door.ts');
  return { door: openDoor({ ...watch, isPublic: true, log }), close: watch.close };
}

/**
 * The one line on stdout comes when calls are answered: a script waits for it. Words are for whoever
 * watches; a log has one form.
 */
async function announce(cli: Cli, served: Served): Promise<void> {
  const { office, serving, log } = served;
  const { url, origin: pages } = serving;
  const { origin } = office;
  if (cli.io.stderr.isTTY === true) {
    await tellPeople(cli, served);
  } else {
    const receptions = office.receptions.map(({ name }) => name);
    log({ event: 'serving', url, pages, origin, receptions });
  }
  if (cli.settings.output !== 'text') {
    cli.print({ url, pages, origin }, () => '');
  }
}

interface Served {
  readonly office: ServingOffice;
  readonly serving: Serving;
  readonly logins: Awaited<ReturnType<Cli['openLogins']>>;
  readonly log: (line: object) => void;
}

async function tellPeople(cli: Cli, { office, serving, logins }: Served): Promise<void> {
  const ways = ['the pages', ...office.receptions.map(({ name }) => name)];
  // A journal that proves nothing lets nobody in.
  const byPasskey = await office.login.hasPasskeys(serving.origin).catch(() => false);
  const keys = [...(byPasskey ? ['passkey'] : []), ...logins.map(({ name }) => sanitizeLine(name))];
  cli.say(`listening on ${serving.origin}`);
  cli.say(`journal ${office.origin}`);
  cli.say(`reviewers are reached by ${ways.join(', ')}`);
  cli.say(
    keys.length === 0
      ? 'nobody can log in to the pages yet: `runbook passkey invite NAME` prints a link for somebody'
      : `people log in to the pages by ${keys.join(', ')}`,
  );
  cli.say('driving the runs that are started through it; Ctrl-C stops');
}
