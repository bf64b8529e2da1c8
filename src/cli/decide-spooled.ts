import { setTimeout as sleep } from 'node:timers/promises';
import { RunbookError } from '../base/errors.ts';
import type { Cli } from './cli.ts';
import { confirmOwn } from './confirm-decision.ts';
import type { DecideInput } from './decide.ts';
import type { Spooled } from './find-spooled.ts';
import { showProvenCard } from './proven-card.ts';
import { signDecision } from './sign-decision.ts';
import { refuseAgent } from './signing.ts';

/** An executor that looks into its box does so within half a second. */
const patienceMs = 3000;
const pollMs = 100;

/**
 * Decides about what another account executes: proven and shown as from any file, and left in the spool,
 * signed, or with `--account` as what our account says. The executor judges it; where it does so within
 * moments its answer is told.
 */
export async function decideSpooled(
  cli: Cli,
  input: DecideInput,
  spooled: Spooled,
): Promise<number> {
  refuseAgent(cli);
  const { spool, left } = spooled;
  const { dropped, receipt } =
    input.account === true
      ? { dropped: await sayAsAccount(cli, input, spooled), receipt: null }
      : await sign(cli, input, spooled);
  const answer = await awaitAnswer(spool.drop(left, dropped));
  if (answer?.accepted === false) {
    const { code, message, hint } = answer;
    throw new RunbookError({ code, message, hint: hint ?? undefined }, exitCodeOf(code));
  }
  const state = answer === null ? 'left' : 'recorded';
  const facts = { request: left.id, decision: input.decision, state, receipt };
  cli.print({ ...facts, message: answer?.message ?? null }, () =>
    answer === null
      ? `${input.decision} left for ${left.executor.account}\n`
      : `${answer.message}\n`,
  );
  if (receipt !== null) {
    cli.say(`receipt: ${receipt}`);
  }
  if (answer === null) {
    cli.say(
      `${left.executor.account} takes it in with \`runbook status\`, \`wait\` or \`resume\`; \`runbook requests\` shows when`,
    );
  }
  return 0;
}

type Dropped = Parameters<Spooled['spool']['drop']>[1];

async function sign(
  cli: Cli,
  input: DecideInput,
  { approver, proven, left }: Spooled,
): Promise<{ readonly dropped: Dropped; readonly receipt: string }> {
  const command = `runbook ${input.decision} ${left.id}`;
  const signed = await signDecision(cli, { approver, proven, input, command });
  return { dropped: { v: 1, signed: signed.signed }, receipt: approver.keep(signed, null) };
}

/** Nobody signs: the file system says whose it is, to an executor who is asked to believe it. */
async function sayAsAccount(
  cli: Cli,
  input: DecideInput,
  { proven, left }: Spooled,
): Promise<Dropped> {
  const content = showProvenCard(cli, proven);
  cli.warn(
    `nothing signs this: it is the word of ${left.executor.account}'s host that your account left it (A0), and counts only where policy takes that`,
  );
  await confirmOwn(cli, content, input);
  const { decision, reason = null } = input;
  return { v: 1, request: proven.leafHash, decision, reason };
}

async function awaitAnswer(left: ReturnType<Spooled['spool']['drop']>) {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    const answer = left.answer();
    if (answer !== null) {
      return answer;
    }
    await sleep(pollMs);
  }
  return left.answer();
}

/** As the executor's own command would have ended. */
function exitCodeOf(code: string): number {
  if (code.startsWith('E_')) {
    return 14;
  }
  const codes: Readonly<Record<string, number>> = { request_rejected: 11, request_expired: 12 };
  return codes[code] ?? 13;
}
