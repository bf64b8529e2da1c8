import { personOf } from '../approval/people/identity.ts';
import { chainPeople } from '../approval/people/initiator.ts';
import type { ChainLink, Initiator, People } from '../approval/people/people.ts';
import { viewsOf } from '../approval/people/views.ts';
import { parseStatement } from '../approval/statement/statement.ts';
import { eligibleFor } from '../approval/tally/eligible.ts';
import { type Tally, tally } from '../approval/tally/tally.ts';
import type { Json } from '../base/json.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import type { Facts } from '../policy/facts.ts';
import type { Asked, ListAnswer, Policy, Slot, Verdict } from '../policy/policy.ts';
import type { Plan, PlannedStep, PlanValue } from '../runbook/plan.ts';
import { type Activity, activityOf } from './activity.ts';
import { type Approver, approversNow, approversOfOthers } from './earlier-approvers.ts';
import type { RequestRecord, RunState } from './state.ts';

/** The trusted files a verdict rests on, by the entry that set them. */
export interface Rules {
  readonly policy: Policy;
  readonly people: People;
  /** Sequence number of `config.set`. */
  readonly config: number;
  readonly policyDigest: string;
  readonly peopleDigest: string;
}

/** One step of one run, as far as rules look at it. */
export interface Case {
  readonly plan: Plan;
  readonly step: PlannedStep;
  readonly initiator: Initiator;
  readonly reason: string | null;
  readonly ticket: string | null;
  readonly asked: Asked;
  /** Addresses of whoever wrote the step; null where nobody can say. */
  readonly authors: readonly string[] | null;
  /** People who approved another step of this run, there or in a run that lent it an approval. */
  readonly approvedBefore: readonly Approver[];
}

/** When policy is asked, and what the world answers then. Recorded with the verdict, so that it can be asked again. */
export interface Moment {
  readonly nowMs: number;
  readonly lists: (name: string) => ListAnswer;
}

/** A step of a run as its entries have it. */
export function caseOf(state: RunState, plan: Plan, step: PlannedStep): Case {
  const { started, initiator } = state;
  return {
    plan,
    step,
    initiator,
    reason: started.reason,
    ticket: started.ticket,
    asked: {
      breakGlass: started.break_glass ?? null,
      overrides: started.overrides ?? [],
      reuse: started.reuse ?? null,
    },
    authors: started.authors?.[step.id] ?? null,
    approvedBefore: approversOfOthers(state, step),
  };
}

/**
 * What policy says of a step at a moment. The engine asks it, and the auditor asks it again. Of what a person
 * does by hand it has nothing to say: nothing is started that a rule could gate.
 */
export function judgeStep(rules: Rules, one: Case, { nowMs, lists }: Moment): Verdict {
  const { people } = rules;
  const { initiator } = one;
  const approvers = approversNow(one.approvedBefore, people);
  const byHand = one.step.action.kind === 'manual';
  const policy = byHand ? { ...rules.policy, ...nothing } : rules.policy;
  return evaluatePolicy(policy, factsOf(one), {
    nowMs,
    config: rules.config,
    policyDigest: rules.policyDigest,
    peopleDigest: rules.peopleDigest,
    eligible: (slot) => eligibleFor(slot, { people, initiator }),
    agentInChain: initiator.chain.some(({ role }) => role === 'agent'),
    views: viewsOf(initiator.chain),
    asked: byHand ? nothingAsked : one.asked,
    authors: one.authors,
    authorOf: (address) => personOf(people, `email:${address.toLowerCase()}`)?.name ?? null,
    approvedBefore: approvers.names,
    approversGone: approvers.gone,
    lists,
  });
}

const nothing = { rules: [], grants: [], breakGlass: [] } as const;
const nothingAsked: Asked = { breakGlass: null, overrides: [], reuse: null };

/** What rules see of a step, its chain taken as one: each of them is asked about every view of it. */
export function factsOf({ plan, step, initiator, reason, ticket }: Case): Facts {
  const named = (role: ChainLink['role']): string | null => {
    const link = initiator.chain.find((each) => each.role === role);
    return link === undefined ? null : link.identity.slice(link.identity.indexOf(':') + 1);
  };
  return {
    environment: {
      name: plan.environment.name,
      vars: plan.environment.vars,
      protected: plan.environment.protected,
    },
    runbook: { name: plan.runbook.name, trusted: plan.runbook.trusted },
    step: {
      id: step.id,
      name: step.name,
      tags: step.tags,
      privileged: step.privileged,
      kind: step.action.kind,
    },
    params: openParams(plan.params),
    run: { reason, ticket },
    initiator: {
      kind: initiator.kind,
      caller: initiator.chain[0]?.identity ?? '',
      people: chainPeople(initiator),
      agent: named('agent'),
      ci: named('ci'),
      ci_actor: named('ci_actor'),
    },
  };
}

function openParams(params: Plan['params']): Record<string, Json> {
  const open = Object.entries(params).filter(
    (entry): entry is [string, Json] => !isSecret(entry[1]),
  );
  return Object.fromEntries(open);
}

function isSecret(value: PlanValue): boolean {
  return typeof value === 'object' && value !== null && 'commitment' in value;
}

/** Under what a request's decisions are counted: people and chain as they are, slots as they now must be. */
export interface Counting {
  readonly people: People;
  readonly initiator: Initiator;
  readonly nowMs: number;
  /** The request's own slots, unless policy now says others. */
  readonly slots?: readonly Slot[];
  /** For a grant used before: when its last use ended. */
  readonly lastUseMs?: number | null;
  /** When steps of its run were running. */
  readonly running?: Activity['running'];
  /** How often what is counted for may start, and how often it has: the grant as a whole where absent. */
  readonly uses?: number;
  readonly used?: number;
}

/** Where a request stands. */
export function tallyRequest(request: RequestRecord, counting: Counting): Tally {
  const { content, decisions } = request;
  const { grant, limits } = content;
  return tally({
    slots: counting.slots ?? content.policy.slots,
    decisions: decisions.map(({ data, seq, time }) => ({
      person: data.person,
      decision: data.decision,
      reason: data.reason,
      assurance: data.assurance,
      presence: data.presence,
      verified: data.verified,
      atMs: Date.parse(time),
      logSize: parseStatement(data.statement).log.size,
      seq,
    })),
    uses: counting.uses ?? grant.reuse?.max_uses ?? grant.uses,
    used: counting.used ?? request.used,
    nowMs: counting.nowMs,
    createdMs: Date.parse(limits.created),
    pendingUntilMs: Date.parse(limits.pending_until),
    unusedMs: limits.unused_ms,
    lastUseMs: counting.lastUseMs ?? null,
    running: counting.running ?? [],
    notBeforeMs: limits.not_before === undefined ? null : Date.parse(limits.not_before),
    windowMs: grant.reuse?.for_ms ?? null,
    eligible: (slot, ageMs) => eligibleFor(slot, counting, ageMs),
  });
}

/**
 * Where a request of a run stands under the people of a moment, with what the run did meanwhile. Whoever
 * looks, drives, decides or audits counts by this, so that they cannot come to differ.
 */
export function tallyInRun(
  state: RunState,
  request: RequestRecord,
  { people, nowMs }: Pick<Counting, 'people' | 'nowMs'>,
): Tally {
  const { initiator } = state;
  return tallyRequest(request, { people, initiator, nowMs, ...activityOf(state, request) });
}

/**
 * Whether a request may be claimed: it must fill the slots it was asked for and those that policy demands
 * now, so that neither loosening a rule nor taking out whoever said no makes anything easier.
 */
export function tallyClaim(request: RequestRecord, counting: Counting): Tally {
  const { slots: _, ...byItsOwn } = counting;
  const asked = tallyRequest(request, byItsOwn);
  return asked.kind === 'granted' ? tallyRequest(request, counting) : asked;
}
