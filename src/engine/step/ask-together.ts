import type { RequestContent } from '../../approval/request.ts';
import { mergeAsks } from '../../policy/merge-asks.ts';
import { describeOverrides } from '../../policy/overrides.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { StepDenied } from '../../run/events.ts';
import type { RequestRecord } from '../../run/state.ts';
import { commandDigest, encodeCommand, secretsOf } from '../../runbook/digest.ts';
import type { Session } from '../session.ts';
import { whyInVain } from './judge-now.ts';
import { lookAhead, type Part } from './look-ahead.ts';
import {
  effectOf,
  frameOf,
  limitsOf,
  previousRun,
  recordRequest,
  usesAsked,
} from './request-approval.ts';

type Ask = Extract<Verdict, { kind: 'ask' }>;

/**
 * Asks for all steps that can be known before anything runs: in one request what may be decided by the
 * same people, then one by one what must not. Where policy denies a step, or nobody could approve, the run
 * ends here: a rule more must never let the other steps start with fewer people. False where everything
 * was asked, or fewer than two steps need it: nothing is asked then.
 */
export async function askTogether(session: Session): Promise<boolean> {
  await session.refreshConfig();
  const { denied, parts } = await lookAhead(session);
  if (denied !== null) {
    const { evaluation, reasons } = denied.verdict;
    return deny(session, { step: denied.step.id, evaluation, reasons });
  }
  const group = dueNow(session, parts);
  const [first] = group;
  if (first === undefined) {
    return false;
  }
  const verdict = mergeAsks(group.map(({ step, verdict }) => ({ step: step.id, verdict })));
  const { evaluation } = verdict;
  const refusal = await whyInVain(session, verdict);
  if (refusal !== null) {
    const together = group.length === 1 ? '' : ', where all steps are asked together';
    const reasons = [{ rule: 'floor', reason: `${refusal}${together}` }];
    return deny(session, { step: first.step.id, evaluation, reasons });
  }
  await ask(session, group, verdict);
  return true;
}

async function deny(session: Session, data: StepDenied): Promise<boolean> {
  await session.commit(`step.denied.${data.step}.0`, [{ type: 'step.denied', data }]);
  return true;
}

/** Those that are asked for next; none where all have been, or a single one is left to its own point. */
function dueNow(session: Session, parts: readonly Part[]): readonly Part[] {
  const asked = (part: Part): RequestRecord | null => openRequest(session, part);
  const joined = parts.filter(({ alone }) => !alone);
  const open = [...session.state.requests.values()].filter(({ closed }) => closed === null);
  const unasked = joined.filter((part) => asked(part) === null);
  if (parts.length < 2 && open.length === 0) {
    return [];
  }
  if (unasked.length > 0) {
    return unasked;
  }
  // Who must not have approved the others is known only once those were asked, anew where that was so.
  const newest = Math.max(-1, ...joined.map((part) => asked(part)?.seq ?? -1));
  const next = parts.find((part) => {
    const request = asked(part);
    return part.alone && (request === null || request.seq < newest);
  });
  return next === undefined ? [] : [next];
}

function openRequest({ state }: Session, { step }: Part): RequestRecord | null {
  const id = state.steps.get(step.id)?.requests.at(-1);
  const request = id === undefined ? undefined : state.requests.get(id);
  return request === undefined || request.closed !== null ? null : request;
}

async function ask(session: Session, group: readonly Part[], verdict: Ask): Promise<void> {
  const [first] = group;
  const before = group.length === 1 && first !== undefined ? openRequest(session, first) : null;
  const supersedes =
    before === null
      ? null
      : { request: before.content.id, changes: ['the other steps were asked for anew'] };
  const content = await freezeParts(session, group, { verdict, supersedes });
  const { config } = verdict.evaluation;
  await recordRequest(session, content, { replaced: supersedes, config });
}

async function freezeParts(
  session: Session,
  parts: readonly Part[],
  { verdict, supersedes }: { readonly verdict: Ask } & Pick<RequestContent, 'supersedes'>,
): Promise<RequestContent> {
  const { engine, inForce } = session;
  const commands = await Promise.all(parts.map((part) => freezePart(session, part)));
  const [first] = parts;
  const overrides = describeOverrides(inForce.rules.policy, verdict.overrides);
  return {
    ...frameOf(session),
    step: first?.step.id ?? '',
    name: first?.step.name ?? null,
    commands,
    attempt: 1,
    policy: { slots: verdict.slots, evaluation: verdict.evaluation },
    secrets: unique(parts.flatMap(({ command }) => secretsOf(command))),
    not_bound: unique(parts.flatMap(({ command }) => engine.actions.notBound(command))),
    effect: {
      idempotent: parts.some(({ step }) => step.idempotent),
      continue_on_error: parts.some(({ step }) => step.continue_on_error),
      has_check: parts.some(({ step }) => step.check !== null),
    },
    grant: { uses: commands.reduce((sum, { uses }) => sum + uses, 0) },
    break_glass: null,
    ...(overrides.length === 0 ? {} : { overrides }),
    limits: limitsOf(session, verdict),
    supersedes,
    previous:
      parts.length === 1 && first !== undefined ? await previousRun(session, first.step.id) : null,
  };
}

async function freezePart({ engine }: Session, { step, command, holes }: Part) {
  return {
    step: step.id,
    digest: commandDigest(command),
    command: await engine.store.putBlob(encodeCommand(command)),
    ...(holes.length === 0 ? {} : { holes }),
    uses: usesAsked(step),
    effect: effectOf(step),
  };
}

function unique<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
