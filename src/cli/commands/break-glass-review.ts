import type { ReviewReport } from '../../approval/debt.ts';
import type { RequestContent } from '../../approval/request.ts';
import type { ReviewFinding } from '../../approval/statement/review-statement.ts';
import { IntegrityError } from '../../base/errors.ts';
import { isUnder } from '../../run/dealings.ts';
import type { StepStarted } from '../../run/events.ts';
import type { Approver, Cli } from '../cli.ts';
import { refuseTogether } from '../flags.ts';
import { showProvenCard } from '../proven-card.ts';
import { renderWhatRan, type WhatRan } from '../render/what-ran.ts';
import { requireSigner } from '../signing.ts';
import { talkStyle } from '../styles.ts';

export interface ReviewFlags {
  readonly finding: ReviewFinding;
  readonly reason: string;
  readonly key?: string;
  readonly sshAgent?: true;
}

/** Proves what was asked for and what was started, shows both and what came of it, signs, and keeps the receipt. */
export async function runBreakGlassReview(
  cli: Cli,
  name: string,
  flags: ReviewFlags,
): Promise<number> {
  refuseTogether({ '--key': flags.key, '--ssh-agent': flags.sshAgent });
  const choice = requireSigner(cli, flags, `runbook break-glass review ${name} …`);
  const service = await cli.openService();
  const { content } = await service.describeRequest(name);
  const approver = await cli.openApprover();
  const request = await approver.read((seen) => service.review(content.id, seen));
  const shown = showProvenCard(cli, request, 'claimed');
  const started = await approver.read((seen) => service.reviewOwed(content.id, seen));
  refuseOtherStart(shown, started);
  await showWhatRan(cli, shown);
  const wanted = started.file.approvers.flatMap(({ keys }) => keys);
  const signer = await cli.openSigner(choice, wanted);
  const { finding, reason } = flags;
  const signed = await approver.review(started, signer, { finding, reason, request });
  const report = await service.reviewBreakGlass(signed.signed);
  const receipt = report.duplicate ? null : approver.keep(signed, report.recorded);
  tell(cli, report, receipt);
  return 0;
}

/** What is signed for names both: the start must be one under this very request. Throws IntegrityError. */
function refuseOtherStart(content: RequestContent, { leaf }: ReturnType<Approver['open']>): void {
  // The shape is the journal's word, as in a request.
  const start = leaf.data as unknown as StepStarted;
  const isAsked = content.commands.some((command) => command.digest === start.digest);
  if (
    !isUnder(start, content.id) ||
    (!isAsked && content.commands.every(({ holes }) => holes === undefined))
  ) {
    throw new IntegrityError({
      code: 'command_mismatch',
      message: `the journal shows another start than one under request \`${content.id}\``,
      hint: 'do not sign; ask who keeps the journal',
    });
  }
}

async function showWhatRan(cli: Cli, content: RequestContent): Promise<void> {
  if (cli.settings.output !== 'text') {
    return;
  }
  const ran = await lookAt(cli, content);
  cli.io.stderr.write(`${renderWhatRan(ran, talkStyle(cli))}\n`);
}

/** Whoever reviews need not be allowed to see the run: then what it printed is not shown. */
async function lookAt(cli: Cli, { run, id, commands }: RequestContent): Promise<WhatRan> {
  const service = await cli.openService();
  const steps = [...new Set(commands.map(({ step }) => step))];
  const debts = await service.breakGlass(true);
  const debt = debts.find(({ request }) => request === id) ?? null;
  const report = await service.status(run).catch(() => null);
  const logs = await Promise.all(steps.map((step) => service.logs(run, step).catch(() => [])));
  return {
    debt,
    steps: report?.steps.filter((step) => steps.includes(step.id)) ?? null,
    logs: logs.flat(),
  };
}

function tell(cli: Cli, report: ReviewReport, receipt: string | null): void {
  const { request, run, scope, person, finding, duplicate } = report;
  cli.print({ request, run, scope, person, finding, duplicate, receipt }, () => {
    const { good, bad } = cli.paint.stdout;
    const word = finding === 'justified' ? good(finding) : bad(finding);
    return `${word}, reviewed by ${person}${duplicate ? ', as recorded before' : ''}\n`;
  });
  if (receipt !== null) {
    cli.say(`receipt: ${receipt}`);
  }
  cli.say(`nothing is owed for it any more in ${scope}`);
}
