import { Command } from 'commander';
import { formatTime } from '../../base/clock.ts';
import { loadConfig } from '../../config/load-config.ts';
import type { ServeFlags } from '../../server/settings.ts';
import type { Cli, ServingOffice } from '../cli.ts';

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description(
      'Serves the API on this host, drives the runs that are started through it, and receives decisions. ' +
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
  try {
    const { serve } = await import('../../server/serve.ts');
    const serving = await serve(office, settings, { signal, hurry, log, clock: cli.io.clock });
    announce(cli, office, { url: serving.url, log });
    await serving.closed;
  } finally {
    await office.close();
  }
  return 0;
}

/**
 * The one line on stdout comes when calls are answered: a script waits for it. Words are for whoever
 * watches; a log has one form.
 */
function announce(
  cli: Cli,
  { origin, receptions }: ServingOffice,
  { url, log }: { readonly url: string; readonly log: (line: object) => void },
): void {
  const names = receptions.map(({ name }) => name);
  if (cli.io.stderr.isTTY === true) {
    tellPeople(cli, { url, origin, names });
  } else {
    log({ event: 'serving', url, origin, receptions: names });
  }
  if (cli.settings.output !== 'text') {
    cli.print({ url, origin }, () => '');
  }
}

function tellPeople(
  cli: Cli,
  { url, origin, names }: { readonly url: string; origin: string; names: readonly string[] },
): void {
  cli.say(`listening on ${url}`);
  cli.say(`journal ${origin}`);
  cli.say(`reviewers are reached by ${names.length === 0 ? 'the API alone' : names.join(', ')}`);
  cli.say('driving the runs that are started through it; Ctrl-C stops');
}
