import { resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { NamedText, VerifyReport } from '../../engine/verify.ts';
import type { Cli } from '../cli.ts';
import { collect } from '../flags.ts';
import { type Meter, openMeter } from '../meter.ts';
import { readTextFile } from '../params.ts';
import { renderVerdicts } from '../render/audit.ts';
import { resultStyle } from '../styles.ts';
import { writeNewFile } from '../write-file.ts';

export function auditVerifyCommand(cli: Cli): Command {
  return new Command('verify')
    .summary('check the journal, or a copy of it')
    .description(
      'Checks the journal and gives a verdict on each promise, with what it rests on. Receipts of approvers show whether anything was cut, changed or rolled back. A folder or an address is a copy in the static layout of transparency logs (C2SP tlog-tiles); nothing else of this machine is needed to check one.',
    )
    .argument('[copy]', 'a folder, an address, or an evidence bundle; left out: the journal itself')
    .option('--receipt <file...>', "approvers' receipts; may be repeated")
    .option('--witness <key>', "a witness's verifier key, as you know it; may be repeated", collect)
    .option(
      '--timestamp-ca <file>',
      'certificates that timestamps must lead to; may be repeated',
      collect,
    )
    .option(
      '--checkpoint <file>',
      'a signed head from elsewhere to hold it against; may be repeated',
      collect,
    )
    .option('--online', 'ask the copies that `config.yaml` names what they have')
    .option('--proof-of-fork <file>', 'where two histories were signed, write the proof here')
    .option('--workers <n>', 'threads to work with; left out: as many as pay', parseWorkers)
    .option('--since <file|index>', 'read only what came after this signed head, or entry')
    .option(
      '--key <key>',
      "the log's verifier key, as you know it; with a copy, and may be repeated",
      collect,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  runbook audit verify\n  runbook audit verify --receipt receipts/*.json --json\n  runbook audit verify https://mirror.example/journal --key "$KEY"',
    )
    .action(async (copy: string | undefined, options: VerifyOptions) =>
      cli.finish(await runAuditVerify(cli, copy ?? null, options)),
    );
}

export interface VerifyOptions {
  readonly receipt?: readonly string[];
  readonly key?: readonly string[];
  readonly witness?: readonly string[];
  readonly timestampCa?: readonly string[];
  readonly checkpoint?: readonly string[];
  readonly online?: boolean;
  readonly proofOfFork?: string;
  readonly workers?: number;
  readonly since?: string;
}

const mostWorkers = 64;

function parseWorkers(text: string): number {
  const workers = /^[1-9]\d?$/.test(text) ? Number(text) : 0;
  if (workers === 0 || workers > mostWorkers) {
    throw new UsageError({
      code: 'workers_invalid',
      message: `\`--workers ${text}\` is not a number from 1 to ${mostWorkers}`,
    });
  }
  return workers;
}

async function runAuditVerify(
  cli: Cli,
  copy: string | null,
  options: VerifyOptions,
): Promise<number> {
  if (copy === null && options.key !== undefined) {
    throw new UsageError({
      code: 'key_without_copy',
      message: '`--key` says whose log a copy is, and no copy is named',
      hint: 'name the copy: `runbook audit verify FOLDER|URL --key KEY`',
    });
  }
  const meter = openMeter(cli, 'verifying');
  const report = await judge(cli, { copy, options, meter }).finally(() => meter.close());
  tellForks(cli, report, options.proofOfFork ?? null);
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderVerdicts(report, resultStyle(cli), nowMs));
  return report.exit_code;
}

async function judge(
  cli: Cli,
  of: { readonly copy: string | null; readonly options: VerifyOptions; readonly meter: Meter },
): Promise<VerifyReport> {
  const { copy, options, meter } = of;
  const { witness = [], key = [], online = false, workers = null } = options;
  const read = (files: readonly string[] = []): readonly NamedText[] =>
    files.map((file) => ({ file, text: readTextFile(resolve(cli.io.cwd, file), file) }));
  const since = options.since === undefined ? null : readSince(options, copy, read);
  const input = {
    receipts: read(options.receipt),
    authorities: read(options.timestampCa),
    checkpoints: read(options.checkpoint),
    pins: (await cli.openApprover()).pins(),
    progress: meter.progress,
  };
  return copy === null
    ? (await cli.openService()).verify({ ...input, witnesses: witness, online, workers, since })
    : cli.verifyCopy(copy, { ...input, keys: [...key, ...witness] });
}

/** What somebody saw before it cannot be held against entries that are not read. */
function readSince(
  { since = '', receipt, checkpoint }: VerifyOptions,
  copy: string | null,
  read: (files: readonly string[]) => readonly NamedText[],
): NamedText | number {
  if (copy !== null || receipt !== undefined || checkpoint !== undefined) {
    throw new UsageError({
      code: 'since_with',
      message: '`--since` goes with the journal itself, and with no receipts or checkpoints',
      hint: 'leave out `--since`: then all of it is read, and held against them',
    });
  }
  const [file] = /^\d{1,15}$/.test(since) ? [] : read([since]);
  return file ?? Number(since);
}

/** The proof is against whoever holds the key: it is kept where the auditor says, and never overwritten. */
function tellForks(cli: Cli, { forks = [] }: VerifyReport, file: string | null): void {
  const [proof] = forks;
  if (proof === undefined) {
    return;
  }
  if (file === null) {
    cli.say('two histories were signed: `--proof-of-fork FILE` writes what proves it to anybody');
    return;
  }
  writeNewFile(cli, file, proof);
  cli.say(`the proof of the fork is in \`${file}\`; \`runbook audit verify ${file}\` reads it`);
}
