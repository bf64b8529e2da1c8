import { Command } from 'commander';
import { sanitizeBlock, sanitizeLine } from '../../base/sanitize.ts';
import type { LogPiece } from '../../engine/reports.ts';
import type { Cli } from '../cli.ts';
import { plainText } from '../render/plain.ts';

export function logsCommand(cli: Cli): Command {
  return new Command('logs')
    .description(
      "Prints the stored output of a run's steps. Secrets were masked before it was stored.",
    )
    .argument('[run]', 'the run, or how its id begins; without it the latest')
    .argument('[step]', 'only this step')
    .addHelpText(
      'after',
      '\nExamples:\n  runbook logs 4f7k\n  runbook logs 4f7k restart > restart.log',
    )
    .action(async (run: string | undefined, step: string | undefined) =>
      cli.finish(await runLogs(cli, run ?? null, step ?? null)),
    );
}

export async function runLogs(cli: Cli, run: string | null, step: string | null): Promise<number> {
  const service = await cli.openService();
  const pieces = await service.logs(run, step);
  if (cli.settings.output !== 'text') {
    cli.print({ logs: pieces.map(toJson) }, () => '');
    return 0;
  }
  const heads = step === null && new Set(pieces.map(headOf)).size > 1;
  let head = '';
  for (const piece of pieces) {
    if (heads && headOf(piece) !== head) {
      head = headOf(piece);
      cli.say(cli.paint.stderr.strong(head));
    }
    if (piece.erased !== undefined) {
      cli.say(`${piece.stream} of ${headOf(piece)}: ${sanitizeLine(piece.erased)}`);
    }
    cli.io.stdout.write(forStream(piece.bytes, cli));
  }
  return 0;
}

function headOf({ step, attempt }: LogPiece): string {
  return attempt > 1 ? `${step}, attempt ${attempt}` : step;
}

/** A file or pipe gets the bytes; a terminal gets nothing that would drive it. */
function forStream(bytes: Buffer, cli: Cli): Buffer | string {
  return cli.io.stdout.isTTY === true
    ? sanitizeBlock(plainText(bytes.toString('utf8').replaceAll('\r\n', '\n')))
    : bytes;
}

function toJson({ bytes, ...piece }: LogPiece): object {
  return { ...piece, text: bytes.toString('utf8') };
}
