import { setTimeout as sleep } from 'node:timers/promises';
import { parseStatement } from '../approval/statement/statement.ts';
import { RunbookError } from '../base/errors.ts';
import type { Cli } from './cli.ts';
import { confirmOwn } from './confirm-decision.ts';
import type { DecideInput } from './decide.ts';
import type { Spooled } from './find-spooled.ts';
import { personOfAccount, refuseAccountInVain } from './own-account.ts';
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
  const meant =
    input.account === true
      ? await sayAsAccount(cli, input, spooled)
      : await sign(cli, input, spooled);
  const { dropped, receipt, person, assurance } = meant;
  const answer = await awaitAnswer(spool.drop(left, dropped));
  const facts = {
    request: left.id,
    decision: input.decision,
    // What the executor says of it, once it does.
    ...(answer?.decided ?? { person, assurance, missing: left.missing }),
    receipt,
    state: stateOf(answer),
  };
  cli.print(facts, () => renderLeft(facts, answer, left.executor.account));
  if (answer?.accepted === false) {
    const { code, message, hint } = answer;
    throw new RunbookError({ code, message, hint: hint ?? undefined }, exitCodeOf(code));
  }
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

type Given = ReturnType<ReturnType<Spooled['spool']['drop']>['answer']>;

function stateOf(answer: Given): 'left' | 'recorded' | 'refused' {
  if (answer === null) {
    return 'left';
  }
  return answer.accepted ? 'recorded' : 'refused';
}

/** Why it was refused is told as an error. */
function renderLeft(
  { decision, state }: { readonly decision: string; readonly state: string },
  answer: Given,
  executor: string,
): string {
  if (answer === null) {
    return `${decision} left for ${executor}\n`;
  }
  return state === 'refused' ? '' : `${answer.message}\n`;
}

/** What is left, and what is known of it here. */
interface Meant {
  readonly dropped: Parameters<Spooled['spool']['drop']>[1];
  readonly receipt: string | null;
  /** Null where the account is nobody's by the files of this machine. */
  readonly person: string | null;
  readonly assurance: 'A0' | 'A3';
}

async function sign(
  cli: Cli,
  input: DecideInput,
  { approver, proven, left }: Spooled,
): Promise<Meant> {
  const command = `runbook ${input.decision} ${left.id}`;
  const signed = await signDecision(cli, { approver, proven, input, command });
  const { person } = parseStatement(signed.signed.statement);
  const receipt = approver.keep(signed, null);
  return { dropped: { v: 1, signed: signed.signed }, receipt, person, assurance: 'A3' };
}

/** Nobody signs: the file system says whose it is, to an executor who is asked to believe it. */
async function sayAsAccount(
  cli: Cli,
  input: DecideInput,
  { proven, left, words }: Spooled,
): Promise<Meant> {
  const content = showProvenCard(cli, proven);
  const person = personOfAccount(cli);
  if (input.decision === 'approve') {
    refuseAccountInVain(content, { person, words });
  }
  cli.warn(
    `nothing signs this: it is the word of ${left.executor.account}'s host that your account left it (A0), and counts only where policy takes that`,
  );
  await confirmOwn(cli, content, input);
  const { decision, reason = null } = input;
  const dropped = { v: 1, request: proven.leafHash, decision, reason } as const;
  return { dropped, receipt: null, person, assurance: 'A0' };
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
