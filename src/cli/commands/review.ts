import { Command } from 'commander';
import type { RequestDetail } from '../../engine/reports.ts';
import { cardText } from '../card.ts';
import { writeExported } from '../carry.ts';
import type { Cli } from '../cli.ts';
import { describeMissing } from '../render/missing.ts';

export function reviewCommand(cli: Cli): Command {
  return new Command('review')
    .description('Shows exactly what would run: the card that every approver sees.')
    .argument('[request]', 'the request, by its id or its words; without it the only open one')
    .option(
      '--export <file>',
      'write it, with proofs, as a file for `approve --offline` (- writes to stdout)',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  runbook review\n  runbook review amber-canoe-tiger-violin --export request.json',
    )
    .action(async (request: string | undefined, options: ReviewOptions) =>
      cli.finish(await runReview(cli, request ?? null, options)),
    );
}

export interface ReviewOptions {
  readonly export?: string;
}

export async function runReview(
  cli: Cli,
  request: string | null,
  options: ReviewOptions,
): Promise<number> {
  if (options.export !== undefined) {
    return exportRequest(cli, request, options.export);
  }
  const service = await cli.openService();
  const detail = await service.describeRequest(request);
  cli.print(detail, () => renderDetail(cli, detail));
  if (detail.state === 'pending') {
    cli.say(`needs ${describeMissing(detail.missing) ?? 'nobody any more'}`);
  }
  return 0;
}

async function exportRequest(cli: Cli, request: string | null, path: string): Promise<number> {
  const service = await cli.openService();
  writeExported(cli, await service.review(request, null), {
    path,
    signing: `runbook approve --offline ${path} --key ~/.ssh/id_ed25519`,
  });
  return 0;
}

function renderDetail(cli: Cli, detail: RequestDetail): string {
  const card = cardText(cli, detail, 'stdout');
  const decisions = detail.decisions.map(
    ({ person, decision, assurance, reason }) =>
      `${decision} by ${person} (${assurance})${reason === null ? '' : `: ${reason}`}\n`,
  );
  return [card, `${detail.state}\n`, ...decisions].join('');
}
