import type { RunId } from '../base/ids.ts';
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
    return `${word} by ${person} (${levelOf(report)})${report.duplicate ? ', as recorded before' : ''}\n`;
  });
  if (receipt !== null) {
    cli.say(`receipt: ${receipt}`);
  }
  cli.say(whatNow(report, await seeRun(cli, report.run)));
  return 0;
}

function levelOf({ assurance }: DecisionReport): string {
  if (assurance === 'A2') {
    return `${assurance}: logged in anew, not signed`;
  }
  const attested = assurance === 'A0' || assurance === 'A1';
  return attested ? `${assurance}: attested by the server, not signed` : assurance;
}

interface SeenRun {
  /** Whoever decides need not be allowed to look at the run: what they cannot call is not named. */
  readonly visible: boolean;
  readonly served: boolean;
}

/** The decision is recorded: that the run cannot be read changes nothing. */
async function seeRun(cli: Cli, run: RunId): Promise<SeenRun> {
  const service = await cli.openService();
  const report = await service.status(run).catch(() => null);
  const isServed = (await cli.server()) !== null;
  return {
    visible: report !== null,
    served: isServed || report?.next?.command === `runbook wait ${run}`,
  };
}

function whatNow({ decision, missing, run }: DecisionReport, { visible, served }: SeenRun): string {
  if (decision === 'revoke') {
    return 'the request waits again, until it is decided or expires';
  }
  if (decision === 'reject') {
    const look = visible ? `: \`runbook status ${run}\`` : '';
    return `the run does not go on with this request${look}`;
  }
  const more = describeMissing(missing);
  if (more === null && served) {
    return `complete: the server goes on with the run${visible ? `: \`runbook wait ${run}\`` : ''}`;
  }
  return more === null
    ? `complete: a waiting \`exec\` goes on by itself; otherwise its owner calls \`runbook resume ${run}\``
    : `still needed: ${more}`;
}
