import { whyNoPerson } from '../../approval/people/refusal.ts';
import { DeniedError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import type { BreakGlassTerms, DenyReason, Verdict } from '../../policy/policy.ts';
import { type Owed, owedAfter } from '../../run/debts.ts';
import type { Engine } from '../engine.ts';
import { provenLogOf } from '../proof/proven-log.ts';
import type { Session } from '../session.ts';

/**
 * The verdict, unless it lets the glass be broken where another run still owes a review, or where an
 * agent took the run on: then no. The last word has the commit of the start (`noDebt`), since two runs
 * may get here at once.
 */
export async function heldUp(session: Session, verdict: Verdict): Promise<Verdict> {
  if (verdict.kind !== 'ask' || verdict.breakGlass === null) {
    return verdict;
  }
  const { breakGlass, evaluation } = verdict;
  const reason = await whyHeldUp(session, breakGlass);
  return reason === null ? verdict : { kind: 'deny', reasons: [reason], evaluation };
}

/** Throws DeniedError `review_owed`. */
export async function refuseDebt(
  engine: Engine,
  run: RunId,
  { scope }: BreakGlassTerms,
): Promise<void> {
  const debt = await debtOfOthers(engine, { scope, run });
  if (debt !== null) {
    throw new DeniedError({ code: 'review_owed', ...sayOwed(debt) });
  }
}

async function whyHeldUp(
  { engine, run, state }: Session,
  { rule, scope }: BreakGlassTerms,
): Promise<DenyReason | null> {
  const name = `break_glass/${rule}`;
  const machine = whyNoPerson(state.initiator);
  if (machine !== null) {
    return { rule: name, reason: `${machine}: only a person breaks the glass` };
  }
  const debt = await debtOfOthers(engine, { scope, run });
  if (debt === null) {
    return null;
  }
  const { message, hint } = sayOwed(debt);
  return { rule: name, reason: message, hint };
}

/**
 * The oldest: a run's own debt does not hold it up, or it could not finish what it began. The index may say
 * yes, but never no: its row may be gone, and then the entries under the signed head still say what is owed.
 */
async function debtOfOthers(
  engine: Engine,
  { scope, run }: { readonly scope: string; readonly run: RunId },
): Promise<Owed | null> {
  const isTheirs = (debt: Owed) => debt.scope === scope && debt.run !== run;
  const indexed = (await engine.store.listDebts(true)).findLast(isTheirs);
  return indexed ?? owedAfter(await provenLogOf(engine.store).proveDebts()).find(isTheirs) ?? null;
}

function sayOwed({ request, scope, started }: Owed): {
  readonly message: string;
  readonly hint: string;
} {
  return {
    message: `a review of request \`${request}\` is owed in \`${scope}\` since ${started}`,
    hint: `\`runbook break-glass review ${request} --finding justified --reason TEXT --key FILE\`, or \`unjustified\``,
  };
}
