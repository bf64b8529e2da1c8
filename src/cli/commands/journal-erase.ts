import { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import type { Service } from '../../engine/service.ts';
import type { Cli } from '../cli.ts';
import { collect, refuseTogether } from '../flags.ts';

type EraseInput = Parameters<Service['erase']>[0];
type EraseReport = Awaited<ReturnType<Service['erase']>>;
type Erasable = Extract<EraseInput['what'], { kind: 'run' }>['content'][number];

export function journalEraseCommand(cli: Cli): Command {
  return new Command('erase')
    .summary('delete content for good')
    .description(
      'Deletes content of runs that have ended, for good, and records who did it and why. Every proof holds as before; what the content was, nobody can say any more. A person does it, no agent; and for as long as `retention.keep` in config.yaml says, or 30 days, not whoever started the run or decided in it.',
    )
    .option('--run <run>', 'all content of this run, or only:')
    .option('--outputs', 'what its steps printed and gave')
    .option('--plans', 'its plan and the commands that were approved')
    .option('--values', 'the salts of its private values')
    .option('--received', 'what receivers of decisions heard, as it came')
    .option(
      '--value <name>',
      'of --run, this private value: token, or steps.mint.outputs.key',
      collect,
    )
    .option('--blob <id>', 'this blob; may be repeated', collect)
    .requiredOption('--reason <text>', 'why, for the journal')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook journal erase --run 4f7k --outputs --reason "customer asked for deletion"\n  runbook journal erase --run 4f7k --value token --reason "ticket OPS-17"',
    )
    .action(async (options: EraseOptions) => cli.finish(await runJournalErase(cli, options)));
}

export interface EraseOptions extends Partial<Record<Erasable, true>> {
  readonly run?: string;
  readonly value?: readonly string[];
  readonly blob?: readonly string[];
  readonly reason: string;
}

const kinds: readonly Erasable[] = ['outputs', 'plans', 'values', 'received'];

async function runJournalErase(cli: Cli, options: EraseOptions): Promise<number> {
  const what = whatOf(options);
  const service = await cli.openService();
  const report = await service.erase({ what, reason: options.reason });
  cli.print(report, () => `${describeErased(report)}\n`);
  return 0;
}

function whatOf({ run, value, blob, ...options }: EraseOptions): EraseInput['what'] {
  refuseTogether({ '--run': run, '--blob': blob });
  const content = kinds.filter((kind) => options[kind] === true);
  const [kind] = content;
  refuseTogether({ '--value': value, '--blob': blob, [`--${kind ?? 'outputs'}`]: kind });
  if (blob !== undefined) {
    return { kind: 'blobs', ids: blob };
  }
  if (run === undefined) {
    throw new UsageError({
      code: 'nothing_named',
      message: 'nothing says what is to be erased',
      hint: 'name it: `--run RUN`, `--run RUN --value NAME` or `--blob ID`',
    });
  }
  return value === undefined
    ? { kind: 'run', run, content }
    : { kind: 'values', run, names: value };
}

function describeErased({ blobs, values, recorded }: EraseReport): string {
  return recorded.length === 0
    ? 'there was nothing left to erase'
    : `erased ${count(blobs, 'blob')} and ${count(values, 'private value')}, as entry ${recorded.join(', ')} says`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
