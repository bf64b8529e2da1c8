import type { Sha256 } from '../base/ids.ts';
import type { Json } from '../base/json.ts';
import type { Expectation, RetryPolicy, SecretRef, Text } from './command.ts';
import type { HoleLimits } from './holes/hole.ts';
import type { Param } from './runbook.ts';

export type { Expectation } from './command.ts';

/**
 * A runbook with its parameters filled in, frozen as a blob when the run starts. YAML is never read
 * again for that run. Templates (`${{ … }}`) stay as source text and are rendered when a step is due,
 * from this plan and the recorded outputs alone.
 */
export interface Plan {
  readonly v: 1;
  readonly runbook: {
    readonly name: string;
    readonly description: string | null;
    /** Absolute path at start, for people; never read again. */
    readonly file: string;
    /** SHA-256 of the file's bytes. */
    readonly source: Sha256;
    /** The runbook's folder: where steps run unless `cwd` says otherwise. */
    readonly dir: string;
    /** False where it lies outside the trusted folders; in a protected environment every step is then privileged. */
    readonly trusted: boolean;
  };
  readonly environment: Environment;
  /** All steps that can be are asked for in one request, before anything runs; absent where each has its own. */
  readonly approvals?: 'together';
  /** Every declared parameter. Secret ones are references; absent optional ones are null. */
  readonly params: Readonly<Record<string, PlanValue>>;
  /** Base, inherited and runbook-level `env`, all values final; a null value was an absent optional parameter. */
  readonly env: Readonly<Record<string, Text>>;
  /**
   * Entries of the runbook's own `env` as written, where an approval is to hold for other values of
   * parameters, too: from them a command is rendered with marks. Absent everywhere else.
   */
  readonly env_source?: Readonly<Record<string, string>>;
  readonly preconditions: readonly PlannedStep[];
  readonly steps: readonly PlannedStep[];
  readonly finally: readonly PlannedStep[];
}

/** A parameter's value, or the reference that stands for a secret one. */
export type PlanValue = Json | SecretRef;

/** The target as trusted configuration describes it. */
export interface Environment {
  readonly name: string;
  readonly vars: Readonly<Record<string, Json>>;
  readonly protected: boolean;
  /** Hosts that `http` may reach; null allows all (never in a protected environment). */
  readonly hosts: readonly string[] | null;
}

export interface PlannedStep {
  readonly id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly list: 'preconditions' | 'steps' | 'finally';
  /** 1-based line of the step in its file, for messages. */
  readonly line: number;
  readonly privileged: boolean;
  readonly tags: readonly string[];
  readonly if: string | null;
  readonly action: PlannedAction;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
  readonly files: readonly string[];
  readonly timeout_ms: number;
  readonly retry: RetryPolicy | null;
  readonly expect: Expectation;
  readonly continue_on_error: boolean;
  readonly idempotent: boolean;
  readonly check: { readonly action: StartedAction; readonly expect: Expectation } | null;
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
}

export interface PlannedOutput {
  /** An expression; null where the step writes the output to `$RUNBOOK_OUTPUT`. */
  readonly value: string | null;
  readonly secret: boolean;
  /** What the step says it may be; anything else fails the step. */
  readonly limits?: HoleLimits;
}

/** An action as written: strings may hold `${{ … }}`, except `run`. */
export type PlannedAction =
  | { readonly kind: 'run'; readonly shell: 'sh' | 'bash'; readonly script: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly url: string;
      readonly query: Readonly<Record<string, string>>;
      readonly headers: Readonly<Record<string, string>>;
      readonly json: Json | null;
      readonly body: string | null;
      readonly redirects: 'off' | 'same_origin';
    }
  | ManualAction;

/** What a person does, who then says so. Nothing is ever started for it. */
export interface ManualAction {
  readonly kind: 'manual';
  readonly text: string;
  /** What they are asked for, by the name of the output that it becomes. */
  readonly ask: Readonly<Record<string, Param>>;
  /** How long it waits for them; null for ever. */
  readonly wait_ms: number | null;
}

/** An action that something is started for. */
export type StartedAction = Exclude<PlannedAction, ManualAction>;

/** Every step of a plan in the order it may run. */
export function allSteps(plan: Plan): readonly PlannedStep[] {
  return [...plan.preconditions, ...plan.steps, ...plan.finally];
}
