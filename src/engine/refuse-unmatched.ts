import { UsageError } from '../base/errors.ts';
import type { Verdict } from '../policy/policy.ts';
import type { StartInput } from './service.ts';

/**
 * Before step 1: what a run asks to be relieved by, where no step has any use for it. Whoever asks by the
 * wrong name would learn it at the gate, after everything before it has run. Throws UsageError
 * `rule_unmatched`.
 */
export function refuseUnmatched(
  { breakGlass, reuse, overrides = [] }: Pick<StartInput, 'breakGlass' | 'reuse' | 'overrides'>,
  verdicts: readonly Verdict[],
): void {
  const reliefs = [
    ...(breakGlass === undefined ? [] : [['break_glass', breakGlass] as const]),
    ...(reuse === undefined ? [] : [['grants', reuse] as const]),
  ];
  const gated = verdicts.filter(({ kind }) => kind !== 'none');
  for (const [section, name] of reliefs) {
    if (gated.every((verdict) => isRefused(verdict, `${section}/${name}`))) {
      throw unmatched(`rule \`${name}\` matches no privileged step of this runbook`);
    }
  }
  for (const name of overrides) {
    if (verdicts.every(({ evaluation }) => !hasSay(evaluation, name))) {
      throw unmatched(`rule \`${name}\` denies no step of this runbook now`);
    }
  }
}

function isRefused(verdict: Verdict, relief: string): boolean {
  return verdict.kind === 'deny' && verdict.reasons.some(({ rule }) => rule === relief);
}

function hasSay({ matched, failed }: Verdict['evaluation'], name: string): boolean {
  return matched.includes(name) || failed.some(({ rule }) => rule === name);
}

function unmatched(message: string): UsageError {
  return new UsageError({
    code: 'rule_unmatched',
    message,
    hint: '`runbook policy explain` shows what each rule comes to at each step, and what could be asked for',
  });
}
