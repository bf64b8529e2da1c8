import { isReason } from '../../approval/court/court.ts';
import type { ChainLink, Initiator } from '../../approval/people/people.ts';
import { whyNoPerson } from '../../approval/people/refusal.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import { closest } from '../../base/suggest.ts';
import type { Policy } from '../../policy/policy.ts';
import type { RunStarted } from '../../run/events.ts';
import type { RunState } from '../../run/state.ts';
import type { StartInput } from '../service.ts';

type AskedFor = Pick<StartInput, 'breakGlass' | 'overrides'>;

/**
 * Before a run is recorded: rules that policy does not have, or that nobody may lift, and a caller who
 * cannot answer for it. Throws UsageError `break_glass_unknown`, `override_unknown`, DeniedError
 * `agent_breaks_glass`, `agent_overrides`.
 */
export function refuseAsked(policy: Policy, initiator: Initiator, asked: AskedFor): void {
  const { breakGlass, overrides = [] } = asked;
  if (breakGlass !== undefined && policy.breakGlass.every(({ name }) => name !== breakGlass)) {
    const names = policy.breakGlass.map(({ name }) => name);
    throw new UsageError({
      code: 'break_glass_unknown',
      message: `policy has no break-glass rule \`${breakGlass}\``,
      hint: suggestion(breakGlass, names),
    });
  }
  if (breakGlass !== undefined && overrides.length > 0) {
    throw new UsageError({
      code: 'flags_conflict',
      message: '`--break-glass` and `--override` do not go together',
      hint: `what \`${breakGlass}\` lifts, policy says; everything else still denies`,
    });
  }
  const liftable = policy.rules.filter(({ override }) => override !== null);
  for (const rule of overrides) {
    if (liftable.every(({ name }) => name !== rule)) {
      throw notLiftable(policy, rule);
    }
  }
  refuseMachine(initiator, { breaks: breakGlass !== undefined, lifts: overrides.length > 0 });
}

/** Whoever breaks the glass or lifts a rule says why, to whoever asks later. Throws UsageError `reason_missing`. */
export function refuseUnexplained({
  breakGlass,
  overrides = [],
  reason,
}: AskedFor & Pick<StartInput, 'reason'>): void {
  if ((breakGlass !== undefined || overrides.length > 0) && !isReason(reason)) {
    const flag = breakGlass === undefined ? '--override' : '--break-glass';
    throw new UsageError({
      code: 'reason_missing',
      message: `\`${flag}\` takes a reason`,
      hint: 'say why: `--reason TEXT`',
    });
  }
}

/** An agent or a job may not take on what only a person may begin. Throws as `refuseAsked`. */
export function refuseMachineResuming({ started }: RunState, links: readonly ChainLink[]): void {
  refuseMachine(
    { kind: 'unknown', chain: links },
    { breaks: started.break_glass !== undefined, lifts: (started.overrides ?? []).length > 0 },
  );
}

/** What `run.started` keeps of it. */
export function recordAsked({
  breakGlass,
  overrides = [],
}: AskedFor): Pick<RunStarted, 'break_glass' | 'overrides'> {
  return {
    ...(breakGlass === undefined ? {} : { break_glass: breakGlass }),
    ...(overrides.length === 0 ? {} : { overrides: [...new Set(overrides)] }),
  };
}

function refuseMachine(
  initiator: Initiator,
  { breaks, lifts }: { readonly breaks: boolean; readonly lifts: boolean },
): void {
  const machine = whyNoPerson(initiator);
  if (machine !== null && (breaks || lifts)) {
    throw new DeniedError({
      code: breaks ? 'agent_breaks_glass' : 'agent_overrides',
      message: `${machine}: only a person ${breaks ? 'breaks the glass' : 'lifts a rule'}, since only a person can answer for it`,
      hint: 'a person starts this run, in a session of their own',
    });
  }
}

function notLiftable(policy: Policy, rule: string): UsageError {
  const liftable = policy.rules.filter(({ override }) => override !== null);
  const isThere = policy.rules.some(({ name }) => name === rule);
  return new UsageError({
    code: 'override_unknown',
    message: isThere
      ? `rule \`${rule}\` cannot be lifted: policy gives it no \`override\``
      : `policy has no rule \`${rule}\``,
    hint: suggestion(
      rule,
      liftable.map(({ name }) => name),
    ),
  });
}

function suggestion(word: string, names: readonly string[]): string {
  const near = closest(word, names);
  if (near !== null) {
    return `did you mean \`${near}\`?`;
  }
  return names.length === 0
    ? '`policy.yaml` has none'
    : `there is ${names.map((name) => `\`${name}\``).join(', ')}`;
}
