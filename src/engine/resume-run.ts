import type { StartMeant } from '../approval/court/judge-start.ts';
import { addLink, resumerLinks } from '../approval/people/initiator.ts';
import type { ChainLink, People } from '../approval/people/people.ts';
import { refusalFor } from '../approval/people/refusal.ts';
import { commitment } from '../base/digest.ts';
import { ConflictError, DeniedError, UsageError } from '../base/errors.ts';
import { newNonce, type RunId, type Sha256 } from '../base/ids.ts';
import { decidersOf } from '../run/deciders.ts';
import type { Event } from '../run/events.ts';
import { type Rules, tallyInRun } from '../run/judge.ts';
import { standingOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { readSecrets } from '../runbook/build-plan.ts';
import { allSteps, type Plan } from '../runbook/plan.ts';
import { refuseMachineResuming } from './break-glass/refuse-asked.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';
import { findRun } from './find.ts';
import { findDriver, isSelf, runHeld } from './hold.ts';
import { callerSigned, refuseReplayed } from './judge-signer.ts';
import type { ResumeInput } from './service.ts';
import { loadRun } from './session.ts';
import { guardToken, refuseEndedToken } from './token/standing-token.ts';

/** A run taken up again, with its secrets read anew and held against what was committed. */
export interface Resumed {
  readonly run: RunId;
  readonly secrets: ReadonlyMap<string, string>;
}

/**
 * Records that the caller takes a run on: from here they stand in its chain and cannot approve it, and
 * whoever decided in it cannot resume it. Expired requests are asked anew.
 */
export async function resumeRun(engine: Engine, input: ResumeInput): Promise<Resumed> {
  const run = await findRun(engine, input.run);
  const inForce = await ensureConfig(engine);
  const { state, plan, entries } = await loadRun(engine, run);
  refuseEnded(state);
  await refuseHeld(engine, state);
  const { signed } = input;
  refuseReplayed(entries, signed);
  const signing = { signed, meant: meantBy(state), after: state.first };
  const caller = await callerSigned(engine, inForce.rules, signing);
  const links = resumerLinks(inForce.rules.people, caller);
  refuseDeciders(
    state,
    links.map(({ person }) => person),
  );
  refuseStranger(inForce.rules.people, state, links);
  refuseMachineResuming(state, links);
  const salts = await saltsOf(engine, state);
  const secrets = readSecrets(plan, input.given, engine.env, (path, value, committed) => {
    const salt = salts.get(committed);
    return salt !== undefined && commitment(salt, path, value) === committed;
  });
  try {
    await engine.store.commit({
      run,
      expectedVersion: state.version,
      // Never the same twice: somebody else's resumption at this version must not pass for this one.
      commandId: `run.resumed.${newNonce()}`,
      events: [
        ...expiries(engine, inForce.rules, { state, plan }),
        { type: 'run.resumed', data: { links, ...(signed === undefined ? {} : { signed }) } },
      ],
      // By these people the links are replayed.
      guards: { ...inForce.guards, ...guardToken(engine) },
    });
  } catch (error) {
    if (error instanceof ConflictError) {
      await refuseEndedToken(engine, inForce.rules.people);
      return resumeRun(engine, input);
    }
    throw error;
  }
  return { run, secrets };
}

/** What whoever resumes a run under their own signature signs. */
function meantBy({ run, started }: RunState): StartMeant {
  const { runbook, environment } = started;
  const frozen = { source: null, reason: null, asked: null };
  return { act: 'resume', run, runbook: runbook.name, environment, ...frozen };
}

/** What came too late and was not recorded yet. Resuming asks for it anew, so it is recorded before. */
function expiries(
  engine: Engine,
  { people }: Rules,
  { state, plan }: { readonly state: RunState; readonly plan: Plan },
): readonly Event[] {
  const nowMs = engine.clock.now().wallMs;
  return allSteps(plan).flatMap((step): readonly Event[] => {
    const standing = standingOf(state, step);
    if (standing.kind !== 'due' || standing.request === null) {
      return [];
    }
    const { request } = standing;
    const tally = tallyInRun(state, request, { people, nowMs });
    return tally.kind === 'expired'
      ? [{ type: 'approval.expired', data: { request: request.content.id, which: tally.which } }]
      : [];
  });
}

/** Throws UsageError `run_ended`: nothing can follow a run's last entry. */
export function refuseEnded(state: RunState): void {
  if (state.finished !== null) {
    throw new UsageError({
      code: 'run_ended',
      message: `run \`${state.run}\` has ended: ${state.finished.status}`,
      hint: 'start it anew with `runbook exec`',
    });
  }
}

/** The office takes on its own runs at any time: it goes on driving them, for one more in their chain. */
async function refuseHeld(engine: Engine, { run, started }: RunState): Promise<void> {
  const served = started.via === 'api';
  const driver = await findDriver(engine, { run, served });
  if (driver !== null && !(served && isSelf(engine, driver))) {
    throw runHeld(run, driver);
  }
}

function refuseDeciders(state: RunState, people: readonly (string | null)[]): void {
  const decider = decidersOf(state).find((person) => people.includes(person));
  if (decider !== undefined) {
    throw new DeniedError({
      code: 'decider_resumes',
      message: `\`${decider}\` decided in run \`${state.run}\` and cannot drive it`,
      hint: 'whoever started it resumes it',
    });
  }
}

/** Somebody must answer for what is left: a stranger may not take on a run that has privileged steps. */
function refuseStranger(people: People, state: RunState, links: readonly ChainLink[]): void {
  const joined = links.reduce(addLink, state.initiator);
  // By themselves too: whoever signed for an account earlier has not signed for who uses it now.
  const refusal = refusalFor(people, links) ?? refusalFor(people, joined.chain);
  if (refusal !== null && hasPrivileged(state)) {
    throw new DeniedError({ code: 'initiator_unknown', ...refusal });
  }
}

/** Somebody must answer for it: a step is marked, or policy asked for one. */
export function hasPrivileged({ started, steps }: RunState): boolean {
  return (
    started.steps.some((step) => step.privileged) ||
    [...steps.values()].some(({ requests }) => requests.length > 0)
  );
}

async function saltsOf(engine: Engine, state: RunState): Promise<ReadonlyMap<Sha256, Buffer>> {
  const salts = new Map<Sha256, Buffer>();
  for (const committed of Object.values(state.started.secrets)) {
    const salt = await engine.store.getOpening(committed);
    if (salt !== null) {
      salts.set(committed, salt);
    }
  }
  return salts;
}
