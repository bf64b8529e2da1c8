import type { DecisionReport } from '../engine/reports.ts';
import type { Cli } from './cli.ts';
import { describeMissing } from './render/missing.ts';

const past = { approve: 'approved', reject: 'rejected', revoke: 'revoked' } as const;

/** What a recorded decision means, and what happens next. Answers the exit code. */
export function tellDecision(cli: Cli, report: DecisionReport, receipt: string | null): number {
  const { request, decision, person, assurance, missing } = report;
  cli.print({ request, decision, person, assurance, missing, receipt }, () => {
    const { good, bad } = cli.paint.stdout;
    const word = decision === 'approve' ? good(past[decision]) : bad(past[decision]);
    return `${word} by ${person} (${assurance})${report.duplicate ? ', as recorded before' : ''}\n`;
  });
  if (receipt !== null) {
    cli.say(`receipt: ${receipt}`);
  }
  cli.say(whatNow(report));
  return 0;
}

function whatNow({ decision, missing, run }: DecisionReport): string {
  if (decision === 'revoke') {
    return 'the request waits again, until it is decided or expires';
  }
  if (decision === 'reject') {
    return `the run does not go on with this request: \`runbook status ${run}\``;
  }
  const more = describeMissing(missing);
  return more === null
    ? `complete: a waiting \`exec\` goes on by itself; otherwise its owner calls \`runbook resume ${run}\``
    : `still needed: ${more}`;
}
