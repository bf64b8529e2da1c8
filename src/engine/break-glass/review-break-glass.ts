import { judgeReview, type OwedReview } from '../../approval/court/judge-review.ts';
import type { ReviewReport } from '../../approval/debt.ts';
import { parseReview } from '../../approval/statement/review-statement.ts';
import { decisionId, type SignedStatement } from '../../approval/statement/statement.ts';
import { IntegrityError, UsageError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import type { ListAnswer } from '../../policy/policy.ts';
import type { BreakGlassReviewed } from '../../run/events.ts';
import { mayStillStart } from '../../run/owed-review.ts';
import type { RequestRecord } from '../../run/state.ts';
import type { RequestRow } from '../../store/rows.ts';
import { listsOf } from '../ask-lists.ts';
import { errorOf } from '../decision/commit-decision.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig, type InForce } from '../ensure-config.ts';
import { type ProvenRun, proveRun } from '../proof/prove-run.ts';
import { refuseLong } from '../refuse-long.ts';
import { loadPlan } from '../session.ts';
import { untilSettled } from '../until-settled.ts';
import { requireOwed } from './require-owed.ts';

/**
 * Records what somebody signed about something that was done under break-glass, also after its run has
 * ended: the debt is paid, and the glass can be broken again. The first review stands; another one
 * answers with it and records nothing. Throws UsageError `request_unknown`, `nothing_to_review`,
 * `review_too_early`, DeniedError or IntegrityError with the reason.
 */
export async function reviewBreakGlass(
  engine: Engine,
  signed: SignedStatement,
): Promise<ReviewReport> {
  const row = await engine.store.requestByHash(parseReview(signed.statement).request);
  if (row === null) {
    throw new UsageError({
      code: 'request_unknown',
      message: 'the review is about a request that this journal does not have',
      hint: '`runbook break-glass list --all` lists what was done',
    });
  }
  return untilSettled(() => reviewOnce(engine, row, signed));
}

async function reviewOnce(
  engine: Engine,
  row: RequestRow,
  signed: SignedStatement,
): Promise<ReviewReport> {
  const inForce = await ensureConfig(engine);
  const proven = await proveRun(engine, row.run);
  const { record, owed } = await findOwed(engine, proven, row);
  if (record.review !== null) {
    const { data, seq } = record.review;
    const recorded = { index: seq, checkpoint: proven.head.note };
    return { ...summary(row.run, data), recorded, duplicate: true };
  }
  const reviewed = judge(engine, { inForce, proven, owed }, signed);
  const committed = await engine.store.commit({
    run: row.run,
    expectedVersion: proven.state.version,
    commandId: `review.${decisionId(signed)}`,
    events: [{ type: 'break_glass.reviewed', data: reviewed }],
    guards: inForce.guards,
  });
  const recorded = { index: committed.first, checkpoint: committed.head.note };
  return { ...summary(row.run, reviewed), recorded, duplicate: false };
}

/** The entry that this review makes. Throws DeniedError or IntegrityError with the reason. */
function judge(
  engine: Engine,
  of: { readonly inForce: InForce; readonly proven: ProvenRun; readonly owed: OwedReview },
  signed: SignedStatement,
): BreakGlassReviewed {
  const { inForce, proven, owed } = of;
  const asked = asking(listsOf(engine, inForce.rules));
  const judged = judgeReview({
    signed,
    people: inForce.rules.people,
    initiator: proven.state.initiator,
    origin: engine.store.origin,
    decisionIndexUpperBound: proven.head.size,
    rootAt: proven.rootAt,
    owed,
    lists: asked.lists,
  });
  if (judged.kind === 'refused') {
    throw errorOf(judged);
  }
  const { person, finding, reason } = judged;
  refuseLong({ reason });
  const answers = asked.answers();
  return {
    request: owed.request.id,
    scope: owed.terms.scope,
    person,
    finding,
    reason,
    ...signed,
    ...(Object.keys(answers).length === 0 ? {} : { lists: answers }),
  };
}

async function findOwed(
  engine: Engine,
  { state }: ProvenRun,
  { request }: RequestRow,
): Promise<{ readonly record: RequestRecord; readonly owed: OwedReview }> {
  const record = state.requests.get(request);
  if (record === undefined) {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `request \`${request}\` is not in the proven journal`,
    });
  }
  const { owed } = requireOwed(state, record);
  if (record.review === null && mayStillStart(state, await loadPlan(engine, state), record)) {
    throw new UsageError({
      code: 'review_too_early',
      message: `step \`${record.content.step}\` of run \`${state.run}\` is not over: what it still does would be reviewed by nobody`,
      hint: `\`runbook status ${state.run}\` shows where it stands`,
    });
  }
  return { record, owed };
}

/** The lists that were asked, for the entry: only by them can it be judged again. */
function asking(lists: (name: string) => ListAnswer): {
  readonly lists: (name: string) => ListAnswer;
  readonly answers: () => Readonly<Record<string, ListAnswer>>;
} {
  const asked = new Map<string, ListAnswer>();
  return {
    lists: (name) => {
      const answer = lists(name);
      asked.set(name, answer);
      return answer;
    },
    answers: () => Object.fromEntries(asked),
  };
}

function summary(
  run: RunId,
  { request, scope, person, finding }: BreakGlassReviewed,
): Pick<ReviewReport, 'request' | 'run' | 'scope' | 'person' | 'finding'> {
  return { request, run, scope, person, finding };
}
