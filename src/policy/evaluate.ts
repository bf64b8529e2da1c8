import { formatTime } from '../base/clock.ts';
import { celVersion } from '../base/expression.ts';
import { stricter } from './assurance.ts';
import type { Facts } from './facts.ts';
import {
  type Asked,
  anyone,
  type Evaluation,
  type ListAnswer,
  type Policy,
  type Rule,
  type RuleSlot,
  type Slot,
  type Verdict,
} from './policy.ts';
import { evaluateWhen } from './when.ts';

/** What a verdict depends on besides the step itself. */
export interface PolicyContext {
  readonly nowMs: number;
  /** Sequence number of the `config.set` entry in force. */
  readonly config: number;
  readonly policyDigest: string;
  readonly peopleDigest: string;
  /** Who may fill a slot's `from`: members, minus the initiator chain. `*` is everyone enrolled. */
  readonly eligible: (from: readonly string[]) => readonly string[];
  readonly agentInChain: boolean;
  /** How the run was asked for beyond the ordinary. */
  readonly asked: Asked;
  /** Addresses of whoever wrote the step; null where nobody can say. */
  readonly authors: readonly string[] | null;
  /** People who approved another step of this run. */
  readonly approvedBefore: readonly string[];
  /** What a list says; what it said is recorded with the verdict. */
  readonly lists: (name: string) => ListAnswer;
}

/**
 * Policy's word on one step. Every matching rule adds its slots, the strictest expiry holds, a matching
 * `deny` or an expression that fails denies. Rules only ever add: no rule makes a step easier to run.
 */
export function evaluatePolicy(policy: Policy, facts: Facts, context: PolicyContext): Verdict {
  const seen = withPrivilege(facts);
  const outcomes = policy.rules.map((rule) => ({
    rule,
    ...evaluateWhen(rule.when, seen, context.nowMs),
  }));
  const matched = outcomes.filter(({ kind }) => kind === 'matched').map(({ rule }) => rule);
  const failed = outcomes.flatMap((it) =>
    it.kind === 'failed' ? [{ rule: it.rule.name, message: it.message }] : [],
  );
  const evaluation = recordEvaluation(context, { matched, failed });
  const reasons = [
    ...matched.flatMap(({ name, deny }) => (deny === null ? [] : [{ rule: name, reason: deny }])),
    ...failed.map(({ rule, message }) => ({ rule, reason: `its \`when\` fails: ${message}` })),
  ];
  if (reasons.length > 0) {
    return { kind: 'deny', reasons, evaluation };
  }
  if (!seen.step.privileged && matched.length === 0) {
    return { kind: 'none', evaluation };
  }
  return ask({ policy, context, matched }, evaluation);
}

/** In a protected environment a runbook from outside the trusted folders has every step privileged. */
function withPrivilege(facts: Facts): Facts {
  const foreign = facts.environment.protected && !facts.runbook.trusted;
  return { ...facts, step: { ...facts.step, privileged: facts.step.privileged || foreign } };
}

function recordEvaluation(
  context: PolicyContext,
  { matched, failed }: { matched: readonly Rule[]; failed: Evaluation['failed'] },
): Evaluation {
  return {
    now: formatTime(context.nowMs),
    config: context.config,
    policy_digest: context.policyDigest,
    people_digest: context.peopleDigest,
    cel: celVersion,
    matched: matched.map(({ name }) => name),
    failed,
  };
}

interface Demands {
  readonly policy: Policy;
  readonly context: PolicyContext;
  readonly matched: readonly Rule[];
}

function ask(demands: Demands, evaluation: Evaluation): Verdict {
  const { floor } = demands.policy;
  const requirements = demands.matched.map(({ require }) => require).filter((it) => it !== null);
  const slots = demands.matched.flatMap(({ name, require }) =>
    (require?.approvals ?? []).map((slot) =>
      buildSlot(demands, { ...slot, id: `${name}/${slot.id}` }),
    ),
  );
  return {
    kind: 'ask',
    slots: slots.length > 0 ? slots : [buildSlot(demands, floorSlot)],
    reasonRequired: requirements.some(({ reason }) => reason),
    pendingMs: strictest(
      floor.pendingMs,
      requirements.map((it) => it.pendingMs),
    ),
    unusedMs: strictest(
      floor.unusedMs,
      requirements.map((it) => it.unusedMs),
    ),
    remindMs: null,
    overrides: [],
    breakGlass: null,
    reuse: null,
    evaluation,
  };
}

/** One other person, whoever they are. Stands where no rule asks for anybody. */
const floorSlot: RuleSlot = {
  id: 'floor',
  count: 1,
  from: [anyone],
  assurance: null,
  presence: null,
  verified: null,
  escalate: [],
};

function buildSlot({ policy, context }: Demands, slot: RuleSlot): Slot {
  const { floor } = policy;
  const assurance = stricter(slot.assurance ?? floor.assurance, floor.assurance);
  // Only the approver's own key can prove a touch, so presence has a meaning at A3 alone. A written
  // `false` holds where the floor itself asks for no touch: a rule must not relieve from the floor's.
  const floorAsks = floor.assurance === 'A3' && context.agentInChain;
  return {
    id: slot.id,
    count: slot.count,
    from: slot.from,
    eligible: context.eligible(slot.from),
    assurance,
    presence: assurance === 'A3' && (floorAsks || (slot.presence ?? context.agentInChain)),
  };
}

/** The shortest limit holds, the floor's included: a rule that lengthened it would make a step easier. */
function strictest(floorMs: number, limits: readonly (number | null)[]): number {
  return Math.min(floorMs, ...limits.filter((limit) => limit !== null));
}
