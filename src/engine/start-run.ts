import { resolveInitiator } from '../approval/people/initiator.ts';
import type { Initiator } from '../approval/people/people.ts';
import { refusalFor } from '../approval/people/refusal.ts';
import { commitment, sha256 } from '../base/digest.ts';
import { ConflictError, DeniedError, UsageError } from '../base/errors.ts';
import { newRunId, newSalt, type RunId, type Sha256 } from '../base/ids.ts';
import { environmentOf } from '../policy/config.ts';
import type { RunStarted } from '../run/events.ts';
import { type Case, judgeStep } from '../run/judge.ts';
import { signedAsk } from '../run/signed-ask.ts';
import { buildPlan, freezeParams } from '../runbook/build-plan.ts';
import type { SecretRef } from '../runbook/command.ts';
import { encodePlan, planDigest } from '../runbook/digest.ts';
import { parseRunbook } from '../runbook/parse/parse.ts';
import { allSteps, type Plan, type PlannedStep } from '../runbook/plan.ts';
import { listsOf } from './ask-lists.ts';
import { refuseDebt } from './break-glass/hold-up.ts';
import { recordAsked, refuseAsked, refuseUnexplained } from './break-glass/refuse-asked.ts';
import { meansOf } from './decision/means-of.ts';
import type { Engine, Trusted } from './engine.ts';
import { ensureConfig, type InForce } from './ensure-config.ts';
import { refuseReuse, refuseUnfit } from './grant/refuse-reuse.ts';
import { callerSigned } from './judge-signer.ts';
import { momentOf, refuseTime } from './not-before.ts';
import { refuseLong } from './refuse-long.ts';
import { refuseUnmatched } from './refuse-unmatched.ts';
import type { StartInput } from './service.ts';
import { whyNobody } from './step/request-approval.ts';
import { initiatorFacts } from './step/scope.ts';
import { authorsOfSteps, type StepAuthors } from './step-authors.ts';
import { guardToken, refuseEndedToken } from './token/standing-token.ts';

/** A plan with everything that was read to make it. */
export interface Draft {
  readonly run: RunId;
  readonly plan: Plan;
  readonly initiator: Initiator;
  readonly secrets: ReadonlyMap<string, string>;
  readonly openings: readonly { readonly commitment: Sha256; readonly salt: Buffer }[];
  /** Null where no rule wants to know. */
  readonly authors: StepAuthors | null;
}

/** Reads the YAML, for the last time, and freezes it. Touches nothing. Throws UsageError and InvalidFileError. */
export function draftRun(
  engine: Pick<Engine, 'caller' | 'env' | 'authorsOf'>,
  trusted: Trusted,
  input: StartInput,
): Draft {
  refuseLong(input);
  const run = input.run ?? newRunId();
  const initiator = resolveInitiator(trusted.people.value, engine.caller);
  refuseAsked(trusted.policy.value, initiator, input);
  refuseReuse(trusted.policy.value, input);
  const openings: { commitment: Sha256; salt: Buffer }[] = [];
  const { plan, secrets } = buildPlan({
    runbook: parseRunbook(input.source.text, input.source.file),
    file: input.source.file,
    dir: input.source.dir,
    source: sha256(input.source.text),
    trusted: input.source.trusted,
    environment: environmentOf(trusted.config.value, input.environment),
    given: input.given,
    processEnv: engine.env,
    run: { id: run, reason: input.reason, ticket: input.ticket },
    initiator: initiatorFacts({ initiator }),
    reusable: input.reuse !== undefined,
    commit: (path, value) => {
      const salt = newSalt();
      const made = commitment(salt, path, value);
      openings.push({ commitment: made, salt });
      return { secret: path, commitment: made };
    },
  });
  const authors = authorsOfSteps(engine, trusted.policy.value, input.source);
  return { run, plan, initiator, secrets, openings, authors };
}

/**
 * Records a run, after everything that could be known to go wrong at a later gate was said. The plan is
 * durable before the entry that names it; a crash in between leaves a blob nobody names.
 */
export async function startRun(unsigned: Engine, input: StartInput): Promise<Draft> {
  refuseUnexplained(input);
  refuseTime(unsigned, input);
  const inForce = await ensureConfig(unsigned);
  const engine = await signedBy(unsigned, inForce, input);
  const draft = draftRun(engine, inForce.trusted, input);
  await refuseHopeless(engine, inForce, { draft, input });
  const data = await describeStart(engine, inForce, { draft, input });
  try {
    const { duplicate } = await engine.store.commit({
      run: draft.run,
      expectedVersion: 0,
      commandId: 'run.started',
      events: [{ type: 'run.started', data }],
      openings: draft.openings,
      guards: { ...inForce.guards, ...guardToken(engine) },
    });
    refuseTaken(draft.run, duplicate);
  } catch (error) {
    if (error instanceof ConflictError) {
      await refuseEndedToken(engine, inForce.rules.people);
    }
    throw error;
  }
  return draft;
}

/** Whoever hands in somebody's signed start once more would drive their run without a word in its chain. */
function refuseTaken(run: RunId, duplicate: boolean): void {
  if (duplicate) {
    throw new UsageError({
      code: 'run_exists',
      message: `run \`${run}\` has been started before`,
      hint: `\`runbook resume ${run}\` takes it on`,
    });
  }
}

/** The run's first entry. */
async function describeStart(
  engine: Engine,
  inForce: InForce,
  { draft, input }: { readonly draft: Draft; readonly input: StartInput },
): Promise<RunStarted> {
  const { plan } = draft;
  const bytes = encodePlan(plan);
  return {
    runbook: {
      name: plan.runbook.name,
      file: plan.runbook.file,
      source: plan.runbook.source,
      trusted: plan.runbook.trusted,
    },
    plan: await engine.store.putBlob(bytes),
    plan_digest: planDigest(plan),
    environment: plan.environment.name,
    initiator: draft.initiator,
    reason: input.reason,
    ticket: input.ticket,
    steps: allSteps(plan).map(({ id, list, privileged }) => ({ id, list, privileged })),
    secrets: Object.fromEntries(
      [...draft.secrets.keys()].map((name) => [name, commitmentOf(draft, name)]),
    ),
    host: engine.host,
    uid: engine.uid,
    config: inForce.rules.config,
    stamp: 'advisory',
    program: engine.program,
    ...(isServed(engine) ? { via: 'api' } : {}),
    ...(input.notBefore === undefined ? {} : { not_before: input.notBefore }),
    ...(draft.authors === null ? {} : { authors: draft.authors }),
    ...(input.signed === undefined ? {} : { signed: input.signed }),
    ...recordAsked(input),
    ...(input.reuse === undefined ? {} : { reuse: input.reuse }),
  };
}

/** The engine of a caller beside whom somebody signed that they start this very run. */
async function signedBy(engine: Engine, inForce: InForce, input: StartInput): Promise<Engine> {
  if (input.signed === undefined) {
    return engine;
  }
  const { source, environment, reason, given } = input;
  const runbook = parseRunbook(source.text, source.file);
  const params = freezeParams({ runbook, given }, nothingKept);
  const meant = {
    act: 'start',
    // Whoever signed chose the id; without one it was signed for no run that could begin here.
    run: input.run ?? newRunId(),
    runbook: runbook.name,
    source: sha256(source.text),
    environment: environmentOf(inForce.trusted.config.value, environment).name,
    reason,
    asked: signedAsk(input, params),
  } as const;
  const { signed } = input;
  return {
    ...engine,
    caller: await callerSigned(engine, inForce.rules, { signed, meant, after: -1 }),
  };
}

/** A start is signed for the names of secrets: they are committed to once it is known to begin. */
function nothingKept(secret: string): SecretRef {
  return { secret, commitment: sha256('') };
}

/** Whoever bears a token calls at the API, and its runs are a server's to drive. */
function isServed({ caller }: Engine): boolean {
  return 'holder' in caller;
}

function commitmentOf(draft: Draft, name: string): Sha256 {
  const value = draft.secrets.get(name) ?? '';
  const opening = draft.openings.find(
    (one) => commitment(one.salt, name, value) === one.commitment,
  );
  if (opening === undefined) {
    throw new UsageError({
      code: 'secret_missing',
      message: `secret \`${name}\` was not committed to`,
    });
  }
  return opening.commitment;
}

/** A step of a run that has no entries yet. */
export function draftCase(
  { plan, initiator, authors }: Pick<Draft, 'plan' | 'initiator' | 'authors'>,
  input: StartInput,
  step: PlannedStep,
): Case {
  return {
    plan,
    step,
    initiator,
    reason: input.reason,
    ticket: input.ticket,
    asked: {
      breakGlass: input.breakGlass ?? null,
      overrides: input.overrides ?? [],
      reuse: input.reuse ?? null,
    },
    authors: authors?.[step.id] ?? null,
    approvedBefore: [],
  };
}

/** Before step 1: who could never start a privileged step, and gates that could never open. */
async function refuseHopeless(
  engine: Engine,
  inForce: InForce,
  { draft, input }: { readonly draft: Draft; readonly input: StartInput },
): Promise<void> {
  const { plan, initiator } = draft;
  const { people } = inForce.rules;
  const means = await meansOf(engine, { people, initiator, served: isServed(engine) });
  const nowMs = momentOf(engine, input);
  const lists = listsOf(engine, inForce.rules);
  const judged = allSteps(plan).map((step) => ({
    step,
    verdict: judgeStep(inForce.rules, draftCase(draft, input, step), { nowMs, lists }),
  }));
  refuseUnmatched(
    input,
    judged.map(({ verdict }) => verdict),
  );
  for (const { step, verdict } of judged) {
    if (verdict.kind !== 'ask') {
      continue;
    }
    refuseUnfit(plan, step, verdict);
    const refusal = refusalFor(people, initiator.chain);
    if (refusal !== null) {
      throw new DeniedError({ code: 'initiator_unknown', ...refusal });
    }
    if (verdict.breakGlass !== null) {
      await refuseDebt(engine, draft.run, verdict.breakGlass);
    }
    const nobody = whyNobody(verdict, { people, means });
    if (nobody !== null) {
      throw new DeniedError({
        code: 'nobody_can_approve',
        message: `nobody could ever approve step \`${step.id}\`: ${nobody}`,
        hint: 'enrol somebody: `runbook people add NAME --ssh-key FILE.pub`, or for a passkey `runbook passkey invite NAME`',
      });
    }
    if (verdict.reasonRequired && input.reason === null) {
      throw new UsageError({
        code: 'reason_missing',
        message: `policy asks for a reason at step \`${step.id}\``,
        hint: 'say why: `--reason TEXT`',
      });
    }
  }
}
