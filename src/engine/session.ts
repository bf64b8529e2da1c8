import { ConflictError, DeniedError, IntegrityError } from '../base/errors.ts';
import type { RunId, Sha256 } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import type { Event, Recorded } from '../run/events.ts';
import { recordedOf } from '../run/recorded.ts';
import { apply, foldRun, type RunState } from '../run/state.ts';
import { decodePlan } from '../runbook/digest.ts';
import type { Plan } from '../runbook/plan.ts';
import type { CommitInput, Committed } from '../store/store.ts';
import type { Engine } from './engine.ts';
import { ensureConfig, type InForce } from './ensure-config.ts';
import type { DriveOptions, Listener } from './service.ts';

/** What ends this drive, as `DriveOptions` has it. */
export type Stops = Pick<DriveOptions, 'signal' | 'hurry'>;

/**
 * One process driving one run: the state it decides on, and what must never be stored (secret values).
 * The only thing here that changes; everything in it but the secrets can be made again from the journal.
 */
export class Session {
  readonly engine: Engine;
  readonly run: RunId;
  readonly plan: Plan;
  readonly listener: Listener;
  /** Values by name: `params.token`, `env.API_KEY`, `steps.mint.outputs.key`. */
  readonly secrets: Map<string, string>;
  readonly #stops: Stops;
  /** Steps whose probe this process has run. */
  readonly probed = new Set<string>();
  /** This process has found that nothing more of the run can be asked for before it begins. */
  apart = false;
  #state: RunState;
  #inForce: InForce;
  #outputs = new Map<string, Readonly<Record<string, Json>>>();

  constructor(of: {
    readonly engine: Engine;
    readonly plan: Plan;
    readonly listener: Listener;
    readonly secrets: Map<string, string>;
    readonly state: RunState;
    readonly inForce: InForce;
    readonly stops: Stops;
  }) {
    this.engine = of.engine;
    this.#stops = of.stops;
    this.plan = of.plan;
    this.listener = of.listener;
    this.secrets = of.secrets;
    this.run = of.state.run;
    this.#state = of.state;
    this.#inForce = of.inForce;
  }

  get state(): RunState {
    return this.#state;
  }

  /** The trusted files this process decides under. */
  get inForce(): InForce {
    return this.#inForce;
  }

  /**
   * Aborts when whoever waits for others, before anything runs, is to wait no longer: at an interrupt, and in
   * a run that is cancelled already, where only `finally` is left, at the second one.
   */
  get stop(): AbortSignal {
    return this.#state.cancel === null ? this.#stops.signal : this.#stops.hurry;
  }

  nowMs(): number {
    return this.engine.clock.now().wallMs;
  }

  /** Takes a state that was proven for the one that the index told. */
  adopt(state: RunState): void {
    this.#state = state;
  }

  /** Reads the trusted files again, and tells the journal where they changed. */
  async refreshConfig(): Promise<void> {
    this.#inForce = await ensureConfig(this.engine);
  }

  /**
   * Commits on top of the state as this process knows it. Null where somebody else committed first, or
   * a guard failed: nothing was written, and state and config are the newer ones. Decide again.
   */
  async commit(
    commandId: string,
    events: readonly Event[],
    extras: Pick<CommitInput, 'guards' | 'closing' | 'openings'> = {},
  ): Promise<Committed | null> {
    let committed: Committed;
    try {
      committed = await this.engine.store.commit({
        run: this.run,
        expectedVersion: this.#state.version,
        commandId,
        events,
        ...extras,
      });
    } catch (error) {
      if (!(error instanceof ConflictError)) {
        throw error;
      }
      refuseClock(error);
      await this.refresh();
      await this.refreshConfig();
      return null;
    }
    await this.refresh();
    return committed;
  }

  /**
   * Folds in whatever was committed since, by anybody, and tells the listener. Throws IntegrityError
   * `run_unproven` where entries went: a commit on top of them would never fit, and be tried for ever.
   */
  async refresh(): Promise<void> {
    const version = await this.engine.store.runVersion(this.run);
    if (version < this.#state.version) {
      throw new IntegrityError({
        code: 'run_unproven',
        message: `run \`${this.run}\` had ${this.#state.version} entries, and its index now says ${version}`,
        hint: 'the journal was changed by hand: run `runbook audit verify`',
      });
    }
    if (version === this.#state.version) {
      return;
    }
    const stored = await this.engine.store.loadRun(this.run, this.#state.version);
    for (const entry of stored) {
      const recorded = recordedOf(entry);
      this.#state = apply(this.#state, recorded);
      this.listener.recorded(recorded);
    }
  }

  /** The state as if this event stood in the journal already. */
  foresee(event: Event): RunState {
    const entry: Recorded = {
      seq: Number.MAX_SAFE_INTEGER,
      time: new Date(this.engine.clock.now().wallMs).toISOString(),
      run: this.run,
      event,
      hash: '' as Sha256,
    };
    return apply(this.#state, entry);
  }

  /** A step's stored outputs, read once. */
  async outputsOf(step: string): Promise<Readonly<Record<string, Json>>> {
    const known = this.#outputs.get(step);
    if (known !== undefined) {
      return known;
    }
    const finished = this.#state.steps
      .get(step)
      ?.attempts.findLast((attempt) => attempt.finished !== null);
    const blob = finished?.finished?.data.outputs ?? null;
    const outputs: Record<string, Json> =
      blob === null
        ? {}
        : (JSON.parse((await this.engine.store.getBlob(blob)).bytes.toString('utf8')) as Record<
            string,
            Json
          >);
    this.#outputs.set(step, outputs);
    return outputs;
  }

  /** Outputs of an attempt whose entry is not committed yet. */
  rememberOutputs(step: string, outputs: Readonly<Record<string, Json>>): void {
    this.#outputs.set(step, outputs);
  }
}

/** A run's state and frozen plan, from its own entries. Throws UsageError `run_unknown`. */
export async function loadRun(
  engine: Engine,
  run: RunId,
): Promise<{ state: RunState; plan: Plan; entries: readonly Recorded[] }> {
  const entries = (await engine.store.loadRun(run)).map(recordedOf);
  const state = foldRun(entries);
  return { state, plan: await loadPlan(engine, state), entries };
}

/** The frozen plan that a run's first entry names. Throws IntegrityError `blob_missing`, `blob_altered`. */
export async function loadPlan(
  engine: Engine,
  { started }: Pick<RunState, 'started'>,
): Promise<Plan> {
  return decodePlan((await engine.store.getBlob(started.plan)).bytes);
}

/** Trying again does not help: until the clock has caught up, nobody can say what has expired. */
function refuseClock(error: ConflictError): void {
  if (error.code === 'clock_backwards') {
    throw new DeniedError({
      code: 'clock_backwards',
      message: `privileged steps are blocked: ${error.message}`,
      hint: 'set the clock, then `runbook resume`',
      cause: error,
    });
  }
}
