import { resolve } from 'node:path';
import { Command } from 'commander';
import { formatTime } from '../../base/clock.ts';
import type { ServeFlags } from '../../server/settings.ts';
import type { Cli } from '../cli.ts';
import { collect } from '../flags.ts';
import { readTextFile } from '../params.ts';
import { watchFolder, watchOthers } from '../watch-others.ts';

export function auditWitnessCommand(cli: Cli): Command {
  return new Command('witness')
    .summary('remember the heads of journals on other hosts')
    .description(
      'Serves a witness: it remembers the newest head of each journal named, and cosigns only what follows from it. Whoever is put back or rewritten over there is found out here, so run it on another host than the journal. It speaks C2SP tlog-witness, and with `--mirror` C2SP tlog-mirror.',
    )
    .option('--listen <host:port>', 'where to listen', '127.0.0.1:7879')
    .option('--dir <dir>', 'its key and its memory (default: `witness` in the state directory)')
    .option('--name <name>', 'what its key is named (default: HOST/witness)')
    .option('--log <vkey>', 'the verifier key of a journal; may be repeated', collect)
    .option('--logs <file>', 'more of them: lines `log VKEY`')
    .option('--mirror', 'keep the entries too, as files')
    .option('--public', 'let anybody who reaches it read the entries it keeps')
    .option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'and this key')
    .option('--allow-plain-http', 'listen beyond this machine without TLS: a proxy in front has it')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit witness --log runbook.local/web1/0k3v+1907b790+AYqI…\n  runbook audit witness --listen 0.0.0.0:7879 --tls-cert cert.pem --tls-key key.pem --logs logs --mirror',
    )
    .action(async (options: WitnessOptions) => cli.finish(await runAuditWitness(cli, options)));
}

export interface WitnessOptions extends Omit<ServeFlags, 'url'> {
  readonly listen: string;
  readonly dir?: string;
  readonly name?: string;
  readonly log?: readonly string[];
  readonly logs?: string;
  readonly mirror?: boolean;
  readonly public?: boolean;
}

async function runAuditWitness(cli: Cli, options: WitnessOptions): Promise<number> {
  const { io } = cli;
  const { readServeSettings } = await import('../../server/settings.ts');
  const settings = readServeSettings(null, options);
  const log = (line: object): void => {
    io.stderr.write(`${JSON.stringify({ time: formatTime(io.clock.now().wallMs), ...line })}\n`);
  };
  const watch = await watchOthers(
    cli,
    {
      dir: watchFolder(cli, options.dir ?? null, 'witness'),
      name: options.name ?? null,
      logs: [...(options.log ?? []), ...(await readLogs(cli, options.logs))],
      mirrors: options.mirror === true,
    },
    log,
  );
  try {
    const { openDoor } = await import('../../witness/door.ts');
    const { serveWitness } = await import('../../server/serve-witness.ts');
    const door = openDoor({ ...watch, isPublic: options.public === true, log });
    const { signal } = io.interrupts.take();
    const serving = await serveWitness(door, settings, { signal, clock: io.clock });
    announce(cli, serving.url, watch);
    await serving.closed;
  } finally {
    watch.close();
  }
  return 0;
}

async function readLogs(cli: Cli, file: string | undefined): Promise<readonly string[]> {
  if (file === undefined) {
    return [];
  }
  const { parseLogList } = await import('../../witness/known-logs.ts');
  return parseLogList(readTextFile(resolve(cli.io.cwd, file), file), file);
}

interface Keys {
  readonly witness: { readonly verifierKey: string };
  readonly mirror: { readonly verifierKey: string } | null;
}

/** What the journals' hosts put into their configuration. It comes when calls are answered. */
function announce(cli: Cli, url: string, { witness, mirror }: Keys): void {
  const keys = { witness: witness.verifierKey, mirror: mirror?.verifierKey ?? null };
  cli.print({ url, ...keys }, () => {
    const lines = ['sinks:', ...section('witness', url, keys.witness)];
    const mirrored = keys.mirror === null ? [] : section('mirror', url, keys.mirror);
    return `# in config.yaml of the journal's host\n${[...lines, ...mirrored].join('\n')}\n`;
  });
  cli.say(`listening on ${url}; Ctrl-C stops`);
}

function section(kind: 'witness' | 'mirror', url: string, key: string): readonly string[] {
  return [`  ${kind}:`, `    kind: ${kind}`, `    url: ${url}`, `    key: ${key}`];
}
