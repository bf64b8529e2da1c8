import type { DecisionReport } from '../engine/reports.ts';
import type { Cli } from './cli.ts';
import { describeMissing } from './render/missing.ts';

const past = { approve: 'approved', reject: 'rejected', revoke: 'revoked' } as const;

/**
 * What a recorded decision means, and what happens next; `receipt` is where it was kept, null where nothing
 * was signed here. Answers the exit code.
 */
export async function tellDecision(
  cli: Cli,
  report: DecisionReport,
  receipt: string | null,
): Promise<number> {
  const { request, decision, person, assurance, missing } = report;
  cli.print({ request, decision, person, assurance, missing, receipt }, () => {
    const { good, bad } = cli.paint.stdout;
    const word = decision === 'approve' ? good(past[decision]) : bad(past[decision]);
    return `${word} by ${person} (${assurance})${report.duplicate ? ', as recorded before' : ''}\n`;
  });
  if (receipt !== null) {
    cli.say(`receipt: ${receipt}`);
  }
  const isServed = (await cli.server()) !== null;
  if (isAttested(report)) {
    cli.say(`attested by the server (${assurance}), not signed`);
  }
  cli.say(whatNow(report, isServed));
  return 0;
}

function isAttested({ assurance }: DecisionReport): boolean {
  return assurance === 'A0' || assurance === 'A1';
}

function whatNow({ decision, missing, run }: DecisionReport, isServed: boolean): string {
  if (decision === 'revoke') {
    return 'the request waits again, until it is decided or expires';
  }
  if (decision === 'reject') {
    return `the run does not go on with this request: \`runbook status ${run}\``;
  }
  const more = describeMissing(missing);
  if (more === null && isServed) {
    return `complete: the server goes on with the run: \`runbook wait ${run}\``;
  }
  return more === null
    ? `complete: a waiting \`exec\` goes on by itself; otherwise its owner calls \`runbook resume ${run}\``
    : `still needed: ${more}`;
}
