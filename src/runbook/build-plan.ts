import { UsageError } from '../base/errors.ts';
import type { Sha256 } from '../base/ids.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { isMaskable, minSecretBytes } from '../base/secret-variants.ts';
import { checkPlan } from './check-plan.ts';
import type { SecretRef, Text } from './command.ts';
import { isSecretRef } from './digest.ts';
import { fillOptional } from './fill.ts';
import { resolveParams } from './params.ts';
import type { Environment, Plan, PlannedStep, PlanValue } from './plan.ts';
import type { Runbook } from './runbook.ts';
import { planScope, type RunFacts } from './scope.ts';

export interface PlanInput {
  readonly runbook: Runbook;
  /** Absolute path of the file, and its folder. */
  readonly file: string;
  readonly dir: string;
  /** SHA-256 of the file's bytes. */
  readonly source: Sha256;
  readonly trusted: boolean;
  readonly environment: Environment;
  readonly given: Readonly<Record<string, Json>>;
  readonly processEnv: Readonly<Record<string, string | undefined>>;
  readonly run: RunFacts;
  readonly initiator: JsonObject;
  /** An approval is to hold for other values of parameters, too: what `env` was written as is kept. */
  readonly reusable?: boolean;
  /** Commits to a secret's value and keeps the salt; called once for each secret. */
  commit(path: string, value: string): SecretRef;
}

/**
 * Fills in the parameters and freezes everything a step may see. Returns the plan, and the secret values
 * by name (`params.NAME`, `env.NAME`), which are in no part of it. Throws UsageError (exit 2):
 * `params_invalid`, `value_invalid`, `variable_unknown` for a variable the environment does not have,
 * `secret_too_short` for one that output cannot be searched for, `secret_crosses_gate` for a secret output
 * that would have to survive the wait for an approval.
 */
export function buildPlan(input: PlanInput): {
  readonly plan: Plan;
  readonly secrets: ReadonlyMap<string, string>;
} {
  const { runbook, environment, trusted } = input;
  const secrets = new Map<string, string>();
  const keep = (path: string, value: string): SecretRef => {
    refuseShort(path, value);
    secrets.set(path, value);
    return input.commit(path, value);
  };
  const params = freezeParams(input, keep);
  const forced = environment.protected && !trusted;
  // What a person does starts nothing that could be gated.
  const gate = (step: PlannedStep): PlannedStep =>
    forced && step.action.kind !== 'manual' ? { ...step, privileged: true } : step;
  const plan: Plan = {
    v: 1,
    runbook: {
      name: runbook.name,
      description: runbook.description,
      file: input.file,
      source: input.source,
      dir: input.dir,
      trusted,
    },
    environment,
    ...(runbook.approvals === 'together' ? { approvals: runbook.approvals } : {}),
    params,
    env: freezeEnv(input, params, keep),
    ...(input.reusable === true ? { env_source: runbook.env } : {}),
    preconditions: runbook.preconditions.map(gate),
    steps: runbook.steps.map(gate),
    finally: runbook.finally.map(gate),
  };
  checkPlan(plan, runbook.env);
  return { plan, secrets };
}

/**
 * Reads a plan's secrets again, to resume its run: parameters from `given`, variables from `processEnv`.
 * `check` says whether a value is the one the plan was built with. Secret outputs are not among them: no
 * gate lies between them and their use. Throws UsageError `secret_missing` or `secret_changed` (exit 2).
 */
// oxlint-disable-next-line max-params
export function readSecrets(
  plan: Plan,
  given: Readonly<Record<string, Json>>,
  processEnv: Readonly<Record<string, string | undefined>>,
  check: (path: string, value: string, commitment: Sha256) => boolean,
): ReadonlyMap<string, string> {
  const refs = [...Object.values(plan.params), ...Object.values(plan.env).flat()].filter(
    isSecretRef,
  );
  const secrets = new Map<string, string>();
  for (const { secret, commitment } of refs) {
    const name = secret.slice(secret.indexOf('.') + 1);
    const value = secret.startsWith('params.') ? given[name] : processEnv[name];
    if (typeof value !== 'string') {
      throw secretError(
        'secret_missing',
        secret,
        `the run was started with ${nameOf(secret)}, it is missing now`,
      );
    }
    if (!check(secret, value, commitment)) {
      throw secretError(
        'secret_changed',
        secret,
        `${nameOf(secret)} is not the one the run was started with`,
      );
    }
    secrets.set(secret, value);
  }
  return secrets;
}

type Keep = (path: string, value: string) => SecretRef;

/** The parameters as a plan has them; `keep` commits to the secrets. Throws UsageError `params_invalid`. */
export function freezeParams(
  { runbook, given }: Pick<PlanInput, 'runbook' | 'given'>,
  keep: Keep,
): Plan['params'] {
  const values = Object.entries(resolveParams(runbook, given));
  return Object.fromEntries(
    values.map(([name, value]): [string, PlanValue] =>
      runbook.params[name]?.secret === true && value !== null
        ? [name, keep(`params.${name}`, String(value))]
        : [name, value],
    ),
  );
}

/** What every step inherits, what the runbook names, then what its `env` sets; later ones win. */
function freezeEnv(input: PlanInput, params: Plan['params'], keep: Keep): Plan['env'] {
  const { runbook, environment, processEnv } = input;
  const env = new Map<string, Text>(
    everyStepInherits(processEnv).map(([name, value]) => [name, [value]]),
  );
  for (const { name, secret } of runbook.inherit) {
    const value = processEnv[name];
    if (value !== undefined) {
      env.set(name, [secret ? keep(`env.${name}`, value) : value]);
    }
  }
  const scope = planScope({ params, environment }, input);
  for (const [name, source] of Object.entries(runbook.env)) {
    const text = fillOptional(source, { scope, place: `env \`${name}\`` });
    if (text === null) {
      env.delete(name);
    } else {
      env.set(name, text);
    }
  }
  return Object.fromEntries(env);
}

const inherited = /^(HOME|PATH|USER|LANG|LC_[A-Z]+|TZ|TERM|TMPDIR)$/;

function everyStepInherits(processEnv: PlanInput['processEnv']): readonly [string, string][] {
  return Object.entries(processEnv)
    .filter(
      (entry): entry is [string, string] => inherited.test(entry[0]) && entry[1] !== undefined,
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function nameOf(secret: string): string {
  return secret.startsWith('params.')
    ? `the secret parameter \`${secret.slice('params.'.length)}\``
    : `the secret variable \`${secret.slice('env.'.length)}\``;
}

/** Nothing this short is masked: its blots would tell where it stands, and blot out ordinary text. */
function refuseShort(secret: string, value: string): void {
  if (!isMaskable(value)) {
    throw new UsageError({
      code: 'secret_too_short',
      message: `${nameOf(secret)} has less than ${minSecretBytes} bytes, which cannot be masked in output`,
      hint: 'give its real value; what is no secret is declared without `secret`',
    });
  }
}

function secretError(code: string, secret: string, message: string): UsageError {
  const name = secret.slice(secret.indexOf('.') + 1);
  const hint = secret.startsWith('params.')
    ? `give it with \`RUNBOOK_PARAM_${name.toUpperCase()}\` or \`--params-file\`; with another value, start a new run`
    : `set \`${name}\` as it was; with another value, start a new run`;
  return new UsageError({ code, message, hint });
}
