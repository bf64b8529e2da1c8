import { resolve } from 'node:path';
import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { readOutputFile } from '../../runbook/output-file.ts';
import type { Cli } from '../cli.ts';
import { collect, refuseBeside } from '../flags.ts';
import { readAll } from '../io.ts';
import { parsePairs, readTextFile } from '../params.ts';
import { renderRunReport } from '../render/run-report.ts';
import { resultStyle } from '../styles.ts';

export function doneCommand(cli: Cli): Command {
  return new Command('done')
    .description(
      'Says that a manual step is done, or that it cannot be. Only people say so, and it approves nothing: whoever drives the run goes on from there.',
    )
    .argument('<run>', 'the run, or how its id begins')
    .argument('<step>', 'the step')
    .option('-o, --value <key=value>', 'a value that the step asks for; may be repeated', collect)
    .option(
      '--output-file <file>',
      'the values as `key=value` lines, or a JSON object (- reads stdin)',
    )
    .option('--failed', 'it could not be done: the step fails')
    .option('--note <text>', 'what there is to say of it, for the journal')
    .addHelpText(
      'after',
      `
Examples:
  runbook done 4f7k look
  runbook done 4f7k look -o leader=db2 --note "writes are zero since 10:04"
  runbook done 4f7k look --failed --note "writes go on"`,
    )
    .action(async (run: string, step: string, options: DoneOptions) =>
      cli.finish(await runDone(cli, { run, step }, options)),
    );
}

export interface DoneOptions {
  readonly value?: readonly string[];
  readonly outputFile?: string;
  readonly failed?: true;
  readonly note?: string;
}

/** Prints where the run stands then; exits 0, since that is what was asked for. */
export async function runDone(
  cli: Cli,
  of: { readonly run: string; readonly step: string },
  { value, outputFile, failed, note }: DoneOptions,
): Promise<number> {
  refuseBeside({ '--failed': failed }, { '-o': value, '--output-file': outputFile });
  const service = await cli.openService();
  const report = await service.done({
    ...of,
    outcome: failed === true ? 'failed' : 'succeeded',
    note: note ?? null,
    given: {
      ...(outputFile === undefined ? {} : await readValues(cli, outputFile)),
      ...parsePairs(value ?? [], '-o'),
    },
  });
  const nowMs = cli.io.clock.now().wallMs;
  cli.print(report, () => renderRunReport(report, resultStyle(cli), nowMs));
  return 0;
}

async function readValues(cli: Cli, file: string): Promise<Readonly<Record<string, Json>>> {
  const text =
    file === '-' ? await readAll(cli.io.stdin) : readTextFile(resolve(cli.io.cwd, file), file);
  const read = readOutputFile(text);
  if ('reason' in read) {
    throw new UsageError({
      code: 'outputs_invalid',
      message: `${file}: ${read.reason.replaceAll('$RUNBOOK_OUTPUT', 'it')}`,
    });
  }
  return read.values;
}
