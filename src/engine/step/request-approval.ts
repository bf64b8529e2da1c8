import type { People } from '../../approval/people/people.ts';
import type { RequestContent } from '../../approval/request.ts';
import { canReach, type Means } from '../../approval/tally/means.ts';
import { whyUnfillable } from '../../approval/tally/provable.ts';
import { formatTime } from '../../base/clock.ts';
import { newRequestId } from '../../base/ids.ts';
import { describeOverrides } from '../../policy/overrides.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { Event } from '../../run/events.ts';
import { startsAt } from '../../run/next.ts';
import { recordedOf } from '../../run/recorded.ts';
import { isTogether } from '../../run/together.ts';
import type { Command } from '../../runbook/command.ts';
import { secretsOf } from '../../runbook/digest.ts';
import type { PlannedStep } from '../../runbook/plan.ts';
import { freezeCommand } from '../grant/freeze-command.ts';
import type { Session } from '../session.ts';

type Ask = Extract<Verdict, { kind: 'ask' }>;

/** What is asked for, frozen from here on. */
export interface Question {
  readonly due: { readonly step: PlannedStep; readonly attempt: number };
  /** Bound, with hashes. */
  readonly command: Command;
  readonly verdict: Ask;
  /** The request this one replaces, and what changed since. */
  readonly supersedes: RequestContent['supersedes'];
}

/**
 * Freezes what reviewers will see: blobs durable, then the entry; channels are told after that by
 * whoever waits. A crash in between re-asks; it never runs unasked.
 */
export async function requestApproval(session: Session, question: Question): Promise<void> {
  const content = await freeze(session, question);
  await recordRequest(session, content, {
    replaced: closes(session, question.supersedes),
    config: session.inForce.rules.config,
  });
}

/** Commits a request, with the end of the one that it replaces (null: of none). */
export async function recordRequest(
  session: Session,
  content: RequestContent,
  { replaced, config }: { readonly replaced: Question['supersedes']; readonly config: number },
): Promise<void> {
  const requested: Event = { type: 'approval.requested', data: content };
  const events: Event[] =
    replaced === null ? [requested] : [{ type: 'approval.superseded', data: replaced }, requested];
  await session.commit(`request.${content.id}`, events, { guards: { config } });
}

/** What ends the request that is replaced. One for several steps stays open for the others. */
function closes({ state }: Session, replaced: Question['supersedes']): Question['supersedes'] {
  const request = replaced === null ? undefined : state.requests.get(replaced.request);
  return request !== undefined && isTogether(request.content) ? null : replaced;
}

/** Why these slots can never be filled by the people as they are; null where they can. */
export function whyNobody(
  verdict: Ask,
  { people, means }: { readonly people: People; readonly means: Means },
): string | null {
  return whyUnfillable(verdict.slots, people, canReach(people, means));
}

async function freeze(session: Session, question: Question): Promise<RequestContent> {
  const { engine } = session;
  const { due, command, verdict } = question;
  const { step } = due;
  const { asked, grant } = await freezeCommand(session, step, { command, reuse: verdict.reuse });
  const overrides = describeOverrides(session.inForce.rules.policy, verdict.overrides);
  return {
    ...frameOf(session),
    step: step.id,
    name: step.name,
    commands: [asked],
    attempt: due.attempt,
    policy: { slots: verdict.slots, evaluation: verdict.evaluation },
    secrets: secretsOf(command),
    not_bound: engine.actions.notBound(command),
    effect: effectOf(step),
    grant: { uses: usesAsked(step), ...grant },
    break_glass: verdict.breakGlass,
    ...(overrides.length === 0 ? {} : { overrides }),
    limits: limitsOf(session, verdict),
    supersedes: question.supersedes,
    previous: await previousRun(session, step.id),
  };
}

/** What becomes of a step that goes wrong, as the card says it. */
export function effectOf(step: PlannedStep): RequestContent['effect'] {
  return {
    idempotent: step.idempotent,
    continue_on_error: step.continue_on_error,
    has_check: step.check !== null,
  };
}

/** How often a step may start under its approval: each try is one. */
export function usesAsked({ retry }: PlannedStep): number {
  return retry?.attempts ?? 1;
}

/** What a request says of its run, whatever it asks for. */
export function frameOf(
  session: Session,
): Pick<
  RequestContent,
  'v' | 'id' | 'run' | 'runbook' | 'target' | 'initiator' | 'why' | 'rollback' | 'unverified'
> {
  const { plan, state } = session;
  const { name, source, trusted } = plan.runbook;
  return {
    v: 1,
    id: newRequestId(),
    run: state.run,
    runbook: { name, plan: state.started.plan, source, trusted },
    target: targetOf(session),
    initiator: state.initiator,
    why: { reason: state.started.reason, ticket: state.started.ticket },
    rollback: null,
    unverified: unverifiedText(session),
  };
}

function targetOf({ engine, plan }: Session): RequestContent['target'] {
  const { host, uid, user } = engine;
  return {
    environment: plan.environment.name,
    protected: plan.environment.protected,
    host,
    uid,
    user,
  };
}

export function limitsOf(session: Session, verdict: Ask): RequestContent['limits'] {
  const nowMs = session.nowMs();
  const startMs = startsAt(session.state, nowMs);
  return {
    created: formatTime(nowMs),
    pending_until: formatTime(nowMs + verdict.pendingMs),
    unused_ms: verdict.unusedMs,
    ...(verdict.remindMs === null ? {} : { remind_ms: verdict.remindMs }),
    ...(verdict.remote === null ? {} : { remote: verdict.remote }),
    ...(startMs === null ? {} : { not_before: formatTime(startMs) }),
  };
}

/** The last start of a step of this runbook in this environment, as a card shows it. */
export async function previousRun(
  { engine, plan }: Session,
  step: string,
): Promise<RequestContent['previous']> {
  const stored = await engine.store.previousStart({
    runbook: plan.runbook.name,
    step,
    environment: plan.environment.name,
    before: Number.MAX_SAFE_INTEGER,
  });
  const entry = stored === null ? null : recordedOf(stored);
  if (
    entry?.event.type !== 'step.started' ||
    entry.run === null ||
    entry.event.data.command === null
  ) {
    return null;
  }
  const { attempt, digest, command } = entry.event.data;
  const outcome = (await engine.store.loadRun(entry.run))
    .map(recordedOf)
    .find(
      ({ event }) =>
        event.type === 'step.finished' &&
        event.data.step === step &&
        event.data.attempt === attempt,
    );
  return {
    run: entry.run,
    time: entry.time,
    outcome: outcome?.event.type === 'step.finished' ? outcome.event.data.outcome : 'unknown',
    digest,
    command,
  };
}

/** What an agent's own environment says about why it acts: quoted, never believed. */
function unverifiedText(session: Session): RequestContent['unverified'] {
  const text = session.engine.env['RUNBOOK_AGENT_NOTE'];
  const agent = session.state.initiator.chain.find(({ role }) => role === 'agent');
  return text === undefined || agent === undefined
    ? null
    : { agent: agent.identity, text: text.slice(0, 4000) };
}
