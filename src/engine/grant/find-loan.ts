import { RunbookError } from '../../base/errors.ts';
import type { RemoteDemand, Verdict } from '../../policy/policy.ts';
import { startsUnder, wasRevoked } from '../../run/dealings.ts';
import type { StepStarted } from '../../run/events.ts';
import { caseOf } from '../../run/judge.ts';
import { judgeLoan, type Loan } from '../../run/loan.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, decodeCommand, decodePlan } from '../../runbook/digest.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import type { ReusableRow } from '../../store/rows.ts';
import type { CommitInput } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import { judgePromptly } from '../judge-promptly.ts';
import { type ProvenRun, proveRun } from '../proof/prove-run.ts';
import type { Session } from '../session.ts';

/** A start that stands under the approval of another run: its permit, and what must still be so when it is recorded. */
export interface Lent {
  readonly permit: Extract<StepStarted['permit'], { kind: 'grant' }>;
  readonly guards: NonNullable<CommitInput['guards']>;
  /** Copies that must have it, by the rules that judged the loan. */
  readonly remote: RemoteDemand | null;
}

interface Wish {
  readonly step: PlannedStep;
  /** Bound, with hashes. */
  readonly command: Command;
  readonly verdict: Extract<Verdict, { kind: 'ask' }>;
}

/** Uses that others make meanwhile move the count; then it is looked at again, this often. */
const looks = 3;

/**
 * An approval of another run that holds for this start, too; null where there is none: then people are
 * asked. The index only says where to look. What is believed is proven under the signed head, and counted
 * again with the people and the policy of now. Whatever does not fit, or cannot be read, holds for nothing.
 */
export async function findLoan(session: Session, wish: Wish): Promise<Lent | null> {
  if (wish.verdict.breakGlass !== null || wish.verdict.overrides.length > 0) {
    return null;
  }
  if ((await standing(session, wish)).length === 0) {
    return null;
  }
  await session.refreshConfig();
  const own = await proveRun(session.engine, session.run);
  if (own.state.version !== session.state.version) {
    return null;
  }
  session.adopt(own.state);
  for (let look = 0; look < looks; look += 1) {
    const found = await lookOnce(session, wish);
    if (found !== 'moved') {
      return found;
    }
  }
  return null;
}

async function lookOnce(session: Session, wish: Wish): Promise<Lent | null | 'moved'> {
  let moved = false;
  for (const row of await standing(session, wish)) {
    const lent = await tryRow(session, wish, row);
    if (lent !== null && lent !== 'moved') {
      return lent;
    }
    moved ||= lent === 'moved';
  }
  return moved ? 'moved' : null;
}

async function standing(
  { engine, plan }: Session,
  { step }: Wish,
): Promise<readonly ReusableRow[]> {
  const rows = await engine.store.listReusable({
    source: plan.runbook.source,
    step: step.id,
    environment: plan.environment.name,
  });
  return rows.filter(({ revoked }) => revoked === null);
}

/** A row may be forged: whatever it leads to that cannot be read or proven is no approval, and no error. */
async function tryRow(
  session: Session,
  wish: Wish,
  row: ReusableRow,
): Promise<Lent | null | 'moved'> {
  try {
    const proven = await proveRun(session.engine, row.run, row.request);
    const loan = await readLoan(session.engine, row, proven);
    if (loan === null) {
      return null;
    }
    return loan.uses === row.uses ? judge(session, wish, { loan, proven }) : 'moved';
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

async function readLoan(
  { store }: Engine,
  row: ReusableRow,
  { state, dealings }: ProvenRun,
): Promise<Loan | null> {
  const request = state.requests.get(row.request);
  const [asked] = request?.content.commands ?? [];
  if (request === undefined || asked === undefined) {
    return null;
  }
  const template = decodeCommand((await store.getBlob(asked.command)).bytes);
  const { params } = decodePlan((await store.getBlob(state.started.plan)).bytes);
  const uses = startsUnder(dealings);
  return { lender: state, request, template, params, uses, revoked: wasRevoked(dealings) };
}

function judge(
  session: Session,
  { step, command }: Wish,
  { loan, proven }: { readonly loan: Loan; readonly proven: ProvenRun },
): Lent | null {
  const { engine, inForce, state, plan } = session;
  const { rules } = inForce;
  const { content } = loan.request;
  const rule = content.grant.reuse?.rule ?? null;
  const asked = { breakGlass: null, overrides: [], reuse: rule };
  const verdict = judgePromptly(session, { ...caseOf(state, plan, step), asked });
  const judged = judgeLoan(loan, {
    state,
    plan,
    step: step.id,
    digest: commandDigest(command),
    verdict,
    people: rules.people,
    nowMs: session.nowMs(),
    origin: engine.store.origin,
    rootAt: proven.rootAt,
  });
  if (judged.kind !== 'granted') {
    return null;
  }
  const { use, holes, by, identities, lent, untilMs } = judged;
  return {
    permit: {
      kind: 'grant',
      request: content.id,
      use,
      evaluation: verdict.evaluation,
      ...(Object.keys(holes).length === 0 ? {} : { holes }),
      lent_by: content.run,
      approved_by: by,
      approved_with: identities,
      lent,
    },
    guards: {
      beforeMs: untilMs,
      reuse: { request: content.id, use },
      versionOf: { run: content.run, version: proven.state.version },
      steadySince: content.run,
    },
    remote: verdict.kind === 'ask' ? verdict.remote : null,
  };
}
