import { judgeResolution } from '../approval/court/judge-decision.ts';
import { chainPeople, resolveInitiator } from '../approval/people/initiator.ts';
import type { ChainLink } from '../approval/people/people.ts';
import type { SignedStatement } from '../approval/statement/statement.ts';
import { ConflictError, DeniedError, IntegrityError, UsageError } from '../base/errors.ts';
import { newNonce, type RunId } from '../base/ids.ts';
import type { StepResolved } from '../run/events.ts';
import type { Attempt, RunState } from '../run/state.ts';
import type { Engine } from './engine.ts';
import { ensureConfig, type InForce } from './ensure-config.ts';
import { findRun } from './find.ts';
import { proveRun } from './proof/prove-run.ts';
import { refuseLong } from './refuse-long.ts';
import { refuseEnded } from './resume-run.ts';
import type { ResolveInput } from './service.ts';

/** The attempt of a step whose outcome nobody knows. Throws UsageError `step_not_unknown`. */
export function unknownAttempt(
  state: RunState,
  step: string,
): Attempt & { readonly started: NonNullable<Attempt['started']> } {
  const last = state.steps.get(step)?.attempts.at(-1);
  if (
    last === undefined ||
    last.unknown === null ||
    last.resolved !== null ||
    last.started === null
  ) {
    throw new UsageError({
      code: 'step_not_unknown',
      message: `step \`${step}\` of run \`${state.run}\` has no unknown outcome to settle`,
      hint: `\`runbook status ${state.run}\` shows where it stands`,
    });
  }
  return { ...last, started: last.started };
}

/**
 * Settles an unknown outcome by a person's word. Of a privileged step that takes a signed resolution by
 * somebody outside the chain: saying that it succeeded skips it, saying `retry` runs it again.
 */
export async function resolveStep(engine: Engine, input: ResolveInput): Promise<RunId> {
  const run = await findRun(engine, input.run);
  const inForce = await ensureConfig(engine);
  const { state, head, rootAt } = await proveRun(engine, run);
  refuseEnded(state);
  const attempt = unknownAttempt(state, input.step);
  const privileged = attempt.started.data.permit.kind === 'grant';
  const data = privileged
    ? resolveSigned({ engine, inForce, state, attempt, input, upperBound: head.size, rootAt })
    : resolveByCaller({ engine, inForce, attempt, input });
  refuseLong(data);
  try {
    await engine.store.commit({
      run,
      expectedVersion: state.version,
      // Never the same twice: what somebody else said meanwhile must not pass for this.
      commandId: `resolve.${input.step}.${attempt.attempt}.${newNonce()}`,
      events: [{ type: 'step.resolved', data }],
      guards: inForce.guards,
    });
  } catch (error) {
    if (error instanceof ConflictError) {
      return resolveStep(engine, input);
    }
    throw error;
  }
  return run;
}

function resolveByCaller(of: {
  readonly engine: Engine;
  readonly inForce: InForce;
  readonly attempt: Attempt;
  readonly input: ResolveInput;
}): StepResolved {
  const { engine, inForce, attempt, input } = of;
  const initiator = resolveInitiator(inForce.rules.people, engine.caller);
  const link: ChainLink | null = initiator.chain[0] ?? null;
  return resolved(attempt, input, { link, signed: null });
}

function resolveSigned(of: {
  readonly engine: Engine;
  readonly inForce: InForce;
  readonly state: RunState;
  readonly attempt: ReturnType<typeof unknownAttempt>;
  readonly input: ResolveInput;
  readonly upperBound: number;
  readonly rootAt: (size: number) => string | null;
}): StepResolved {
  const { engine, inForce, state, attempt, input } = of;
  if (input.signed === null) {
    throw unsigned(state, input.step);
  }
  const { started } = attempt;
  const judged = judgeResolution({
    signed: input.signed,
    people: inForce.rules.people,
    initiator: state.initiator,
    started: {
      run: state.run,
      step: input.step,
      attempt: attempt.attempt,
      leafHash: started.hash,
      index: started.seq,
    },
    decisionIndexUpperBound: of.upperBound,
    rootAt: of.rootAt,
    origin: engine.store.origin,
  });
  if (judged.kind === 'refused') {
    const facts = { code: judged.code, message: judged.message, hint: judged.hint };
    throw judged.code.startsWith('E_') ? new IntegrityError(facts) : new DeniedError(facts);
  }
  if (judged.outcome !== input.outcome) {
    throw new DeniedError({
      code: 'other_outcome',
      message: `signed for \`${judged.outcome}\`, not for \`${input.outcome}\``,
    });
  }
  const link: ChainLink = {
    role: 'decider',
    identity: `person:${judged.person}`,
    person: judged.person,
  };
  return resolved(attempt, { ...input, reason: judged.reason }, { link, signed: input.signed });
}

function unsigned(state: RunState, step: string): DeniedError {
  const chain = chainPeople(state.initiator).map((name) => `\`${name}\``);
  return new DeniedError({
    code: 'signature_missing',
    message: `step \`${step}\` is privileged: settling it takes a signature from outside ${chain.join(', ')}`,
    hint: 'sign with `--key FILE` or `--ssh-agent`, as an enrolled person who did not start or resume the run',
  });
}

function resolved(
  attempt: Attempt,
  input: ResolveInput,
  by: { readonly link: ChainLink | null; readonly signed: SignedStatement | null },
): StepResolved {
  return {
    step: input.step,
    attempt: attempt.attempt,
    outcome: input.outcome,
    by: 'person',
    reason: input.reason,
    link: by.link,
    statement: by.signed?.statement ?? null,
    signature: by.signed?.signature ?? null,
  };
}
