import type { DenyReason } from '../policy/policy.ts';

/** Which rules say no, and why: `freeze: nothing changes before January`. */
export function describeDenial(reasons: readonly DenyReason[]): string {
  return reasons.map(({ rule, reason }) => `${rule}: ${reason}`).join('; ');
}

/** What may be done about it; null where nothing is known to help. */
export function hintOf(reasons: readonly DenyReason[]): string | null {
  const hints = new Set(reasons.flatMap(({ hint }) => hint ?? []));
  return hints.size === 0 ? null : [...hints].join('; ');
}
