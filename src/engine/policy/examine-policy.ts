import type { Trusted } from '../engine.ts';
import type { Finding } from '../reports.ts';
import { checkPolicy, type PolicyFiles } from './check-policy.ts';

/** For `doctor`: how many rules may not do what they say. They are in force all the same, so all is well. */
export function examinePolicy(
  { policy, people, config }: Trusted,
  { nowMs, passkeys }: Required<Pick<PolicyFiles, 'nowMs' | 'passkeys'>>,
): Finding {
  const { findings } = checkPolicy({
    policy: { file: 'policy.yaml', text: policy.text },
    people: { file: 'people.yaml', text: people.text },
    config: { file: 'config.yaml', text: config.text },
    nowMs,
    passkeys,
    params: null,
  });
  const warnings = findings.length === 1 ? '1 warning' : `${findings.length} warnings`;
  return {
    name: 'policy',
    ok: true,
    message: findings.length === 0 ? 'no warnings' : `${warnings}: \`runbook policy check\``,
    hint: null,
  };
}
