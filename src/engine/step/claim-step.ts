import { refusalFor } from '../../approval/people/refusal.ts';
import type { Tally } from '../../approval/tally/tally.ts';
import { IntegrityError, UsageError } from '../../base/errors.ts';
import { newNonce } from '../../base/ids.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { StepStarted } from '../../run/events.ts';
import type { Due } from '../../run/next.ts';
import { recountClaim } from '../../run/recount.ts';
import type { RequestRecord } from '../../run/state.ts';
import { changedTerms } from '../../run/terms.ts';
import { commandFor } from '../../run/together.ts';
import type { Command } from '../../runbook/command.ts';
import { commandDigest, encodeCommand } from '../../runbook/digest.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import { renderStep } from '../../runbook/render.ts';
import { heldUp } from '../break-glass/hold-up.ts';
import { type OwnUse, ownUse } from '../grant/own-use.ts';
import { type ProvenRun, proveRun } from '../proof/prove-run.ts';
import type { Session } from '../session.ts';
import { failedToStart, lostSecret } from './attempt-events.ts';
import { type Held, holdAgainst } from './claim-template.ts';
import { judgeNow } from './judge-now.ts';
import { requestApproval } from './request-approval.ts';
import { scopeOf } from './scope.ts';
import { type Begun, startWith } from './start-attempt.ts';

type Claim = Extract<Due, { kind: 'claim' }>;

/**
 * Turns a granted request into a spawn, believing nothing it was told before: entries are proven into
 * the signed head, files and programs hashed again, signatures verified again, policy and people read
 * again. What differs supersedes the request. The last look and `step.started` are one transaction.
 */
export async function claimStep(session: Session, due: Claim): Promise<Begun> {
  await session.refreshConfig();
  const proven = await proveRun(session.engine, session.run);
  const request = proven.state.requests.get(due.request.content.id);
  if (request === undefined || proven.state.version !== session.state.version) {
    return staleState(session, proven);
  }
  session.adopt(proven.state);
  const command = await bindAgain(session, due, request);
  if (command === null) {
    return { kind: 'again' };
  }
  const verdict = heldByStranger(session, await heldUp(session, judgeNow(session, due.step)));
  if (verdict.kind === 'deny') {
    const { evaluation, reasons } = verdict;
    await session.commit(`step.denied.${due.step.id}.${due.attempt}`, [
      { type: 'step.denied', data: { step: due.step.id, evaluation, reasons } },
    ]);
    return { kind: 'again' };
  }
  const own = await ownUse(session, request, due.step.id);
  const held = await holdRequest(session, request, { step: due.step, command });
  const changes = [
    ...held.changes,
    ...changedTerms(request.content, verdict),
    ...(own.over === null ? [] : [own.over]),
  ];
  const slots = verdict.kind === 'ask' ? verdict.slots : request.content.policy.slots;
  const counted = recountClaim(request, {
    state: proven.state,
    people: session.inForce.rules.people,
    slots,
    nowMs: session.nowMs(),
    origin: session.engine.store.origin,
    rootAt: proven.rootAt,
  });
  if (changes.length > 0 || counted.kind !== 'granted') {
    return supersede(session, {
      due,
      command,
      verdict,
      request,
      changes: changes.length > 0 ? changes : whyNotGranted(counted),
    });
  }
  return start(session, { due, command, verdict, request, counted, own, values: held.values });
}

/** Whoever was known when they started it may be nobody by now. */
function heldByStranger({ inForce, state }: Session, verdict: Verdict): Verdict {
  const refusal = refusalFor(inForce.rules.people, state.initiator.chain);
  return refusal === null || verdict.kind === 'deny'
    ? verdict
    : {
        kind: 'deny',
        reasons: [{ rule: 'floor', reason: refusal.message, hint: refusal.hint }],
        evaluation: verdict.evaluation,
      };
}

async function staleState(session: Session, proven: ProvenRun): Promise<Begun> {
  await session.refresh();
  if (proven.state.version < session.state.version) {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `run \`${session.run}\` has ${session.state.version} entries by the index, but ${proven.state.version} under the signed head`,
      hint: 'the journal was changed by hand: run `runbook audit verify`',
    });
  }
  if (proven.state.version > session.state.version) {
    throw new IntegrityError({
      code: 'run_unproven',
      message: `run \`${session.run}\` has ${proven.state.version} entries under the signed head, but ${session.state.version} by the index`,
      hint: 'run `runbook journal rebuild`, then `runbook audit verify`',
    });
  }
  return { kind: 'again' };
}

/** Null where a value that came meanwhile may not stand where it would: then the step has failed. */
async function bindAgain(
  session: Session,
  due: Claim,
  { content }: RequestRecord,
): Promise<Command | null> {
  const scope = await scopeOf(session, null);
  const asked = commandFor(content, due.step.id);
  try {
    return session.engine.actions.bind(renderStep(session.plan, due.step, scope), true);
  } catch (error) {
    if (error instanceof UsageError && asked?.holes !== undefined) {
      await session.commit(`unfit.${due.step.id}.${due.attempt}`, [failedToStart(due, error)]);
      return null;
    }
    throw error;
  }
}

/** What would run, held against what the request asked for. */
async function holdRequest(
  session: Session,
  { content }: RequestRecord,
  now: { readonly step: PlannedStep; readonly command: Command },
): Promise<Held> {
  const approved = commandFor(content, now.step.id);
  return approved === null
    ? { changes: ['the request does not name this step'], values: {} }
    : holdAgainst(session, approved, now);
}

function whyNotGranted(tally: Tally): readonly string[] {
  return tally.kind === 'open' || tally.kind === 'revoked'
    ? tally.missing.map(
        ({ slot, count }) => `policy or people: slot \`${slot}\` now lacks ${count}`,
      )
    : ['policy or people: the decisions no longer satisfy the rules'];
}

async function supersede(
  session: Session,
  of: {
    readonly due: Claim;
    readonly command: Command;
    readonly verdict: Exclude<Verdict, { kind: 'deny' }>;
    readonly request: RequestRecord;
    readonly changes: readonly string[];
  },
): Promise<Begun> {
  const { due, command, verdict, request, changes } = of;
  const ask =
    verdict.kind === 'ask'
      ? verdict
      : {
          // Policy no longer asks, but this content was approved by nobody: the old slots still hold.
          kind: 'ask' as const,
          slots: request.content.policy.slots,
          reasonRequired: false,
          pendingMs:
            Date.parse(request.content.limits.pending_until) -
            Date.parse(request.content.limits.created),
          unusedMs: request.content.limits.unused_ms,
          remindMs: null,
          remote: request.content.limits.remote ?? null,
          overrides: (request.content.overrides ?? []).map(({ rule }) => rule),
          breakGlass: request.content.break_glass,
          reuse: null,
          evaluation: verdict.evaluation,
        };
  await requestApproval(session, {
    due,
    command,
    verdict: ask,
    supersedes: { request: request.content.id, changes },
  });
  return { kind: 'again' };
}

async function start(
  session: Session,
  of: {
    readonly due: Claim;
    readonly command: Command;
    readonly verdict: Exclude<Verdict, { kind: 'deny' }>;
    readonly request: RequestRecord;
    readonly counted: Extract<Tally, { kind: 'granted' }>;
    readonly own: OwnUse;
    readonly values: Held['values'];
  },
): Promise<Begun> {
  const { due, command, verdict, request, counted, own, values } = of;
  const lost = lostSecret(session, command);
  if (lost !== null) {
    await session.commit(`lost.${due.step.id}.${due.attempt}`, [lost(due)]);
    return { kind: 'again' };
  }
  const approved = commandFor(request.content, due.step.id);
  const filled = Object.keys(values).length > 0;
  const terms = request.content.break_glass;
  const data: StepStarted = {
    step: due.step.id,
    attempt: due.attempt,
    digest: commandDigest(command),
    command: filled
      ? await session.engine.store.putBlob(encodeCommand(command))
      : (approved?.command ?? null),
    token: newNonce(),
    permit: {
      kind: 'grant',
      request: request.content.id,
      use: own.use,
      evaluation: verdict.evaluation,
      ...(filled ? { holes: values } : {}),
      ...(terms === null ? {} : { break_glass: terms.scope }),
    },
  };
  return startWith(session, {
    due,
    command,
    data,
    events: [{ type: 'step.started', data }],
    guards: { ...own.guards, beforeMs: counted.until },
    remote: verdict.kind === 'ask' ? verdict.remote : null,
  });
}
