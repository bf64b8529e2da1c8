import { Command } from 'commander';
import type { RequestFile } from '../../approval/request-file.ts';
import type { RequestDetail } from '../../engine/reports.ts';
import { cardText } from '../card.ts';
import { writeExported } from '../carry.ts';
import type { Cli } from '../cli.ts';
import { findSpooled, type Spooled } from '../find-spooled.ts';
import { provenRequest } from '../proven-card.ts';
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
  const spooled = await findSpooled(cli, request);
  if (spooled !== null) {
    return reviewSpooled(cli, spooled, options);
  }
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
  return writeRequest(cli, await service.review(request, null), path);
}

function writeRequest(cli: Cli, file: RequestFile, path: string): number {
  writeExported(cli, file, {
    path,
    signing: `runbook approve --offline ${path} --key ~/.ssh/id_ed25519`,
  });
  return 0;
}

/** What another account executes, from its proofs alone; what was decided meanwhile its executor says. */
function reviewSpooled(
  cli: Cli,
  { proven, content, left }: Spooled,
  options: ReviewOptions,
): number {
  if (options.export !== undefined) {
    return writeRequest(cli, left.file, options.export);
  }
  const { leafHash: hash } = proven;
  const open = provenRequest({ file: left.file, content, leafHash: hash });
  const { state, missing } = left;
  const detail = { hash, ...open, state, missing, executor: left.executor.account };
  cli.print(detail, () => `${cardText(cli, open, 'stdout')}\n`);
  cli.say(`${left.executor.account} executes it`);
  if (state === 'pending') {
    cli.say(`needs ${describeMissing(missing) ?? 'nobody any more'}`);
  }
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
