import type { RequestContent } from '../approval/request.ts';
import { allSteps, type Plan, type PlannedStep } from '../runbook/plan.ts';
import { isUnder } from './dealings.ts';
import type { RequestRecord, RunState } from './state.ts';

/** One decision for several steps: `approvals: together`. */

/** True where a request asks for more than its own step. */
export function isTogether({ commands }: Pick<RequestContent, 'commands'>): boolean {
  return commands.length > 1;
}

/** The steps of a request for several, for whoever lists it; nothing for one. */
export function stepsOf({ commands }: Pick<RequestContent, 'commands'>): {
  readonly steps?: readonly string[];
} {
  return commands.length > 1 ? { steps: commands.map(({ step }) => step) } : {};
}

/** What a request asks for a step; null where it does not name it. */
export function commandFor(
  { commands }: Pick<RequestContent, 'commands'>,
  step: string,
): RequestContent['commands'][number] | null {
  return commands.find((command) => command.step === step) ?? null;
}

/** How often a step may start under a request, and how often it has. Of several steps each has its own. */
export function usesOf(
  state: RunState,
  { content, used }: RequestRecord,
  step: string,
): { readonly allowed: number; readonly made: number } {
  if (!isTogether(content)) {
    return { allowed: content.grant.uses, made: used };
  }
  const asked = commandFor(content, step);
  const started = (state.steps.get(step)?.attempts ?? []).filter(
    (attempt) => attempt.started !== null && isUnder(attempt.started.data, content.id),
  );
  return {
    allowed: asked === null ? 0 : (asked.uses ?? content.grant.uses),
    made: started.length,
  };
}

/** Where a run stands before anything of it has happened. */
export type Gate =
  | { readonly kind: 'open' }
  /** Nothing happens until people decided about all of these, and about what is still to be asked for. */
  | { readonly kind: 'shut'; readonly asked: readonly Asked[] }
  /** A step may not run as things stand, so that none does. */
  | { readonly kind: 'denied' };

interface Asked {
  readonly step: PlannedStep;
  readonly request: RequestRecord;
}

/**
 * The gate that stands before the first step of a run whose approvals are asked together. Once anything
 * has happened it is open for good: from then on each step looks to its own request.
 */
export function gateOf(state: RunState, plan: Plan): Gate {
  if (plan.approvals !== 'together' || hasBegun(state, plan)) {
    return { kind: 'open' };
  }
  if ([...state.steps.values()].some(({ denied }) => denied !== null)) {
    return { kind: 'denied' };
  }
  const asked = [...state.requests.values()].flatMap((request) => {
    const step = allSteps(plan).find(({ id }) => id === request.content.step);
    return isPending(request) && step !== undefined ? { step, request } : [];
  });
  return { kind: 'shut', asked };
}

/** Open, or expired and nobody resumed since. */
function isPending({ closed }: RequestRecord): boolean {
  return closed === null || (closed.kind === 'expired' && !closed.reopened);
}

/** What `finally` did after the end of a run that never began is no beginning. */
function hasBegun({ steps }: RunState, { preconditions, steps: body }: Plan): boolean {
  return [...preconditions, ...body].some(({ id }) => {
    const step = steps.get(id);
    return step !== undefined && (step.attempts.length > 0 || step.skipped !== null);
  });
}

/**
 * The request that now stands for a step in the place of this one; null where it stands itself. A request
 * for several steps stays open for the others when one of them is asked anew.
 */
export function replacementOf(
  { requests }: RunState,
  { content, seq }: RequestRecord,
  step: string,
): RequestRecord | null {
  const later = [...requests.values()].find(
    (other) =>
      other.seq > seq &&
      other.content.supersedes?.request === content.id &&
      other.content.commands.some((command) => command.step === step),
  );
  return later ?? null;
}
