import { UsageError } from '../base/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * What the caller says of itself, as headers: the agent that calls, the CI job and who set it off, on whose
 * behalf. Claims only ever add people to a run's chain. Throws UsageError `claim_invalid` for what no header can carry:
 * leaving it out would leave somebody out of the chain.
 */
export function claimHeaders(env: Env): Readonly<Record<string, string>> {
  const agent = env['RUNBOOK_AGENT'] ?? '';
  const job = env['GITHUB_ACTIONS'] === 'true' ? env['GITHUB_REPOSITORY'] : undefined;
  const actor = env['GITHUB_ACTOR'];
  const behalf = env['RUNBOOK_ON_BEHALF_OF'] ?? '';
  const ci = actor === undefined ? `github/${job}` : `github/${job}; actor=github/${actor}`;
  return {
    ...(agent === '' ? {} : { 'runbook-agent': sendable('RUNBOOK_AGENT', agent) }),
    ...(job === undefined ? {} : { 'runbook-ci': sendable('GITHUB_REPOSITORY', ci) }),
    ...(behalf === '' ? {} : { 'runbook-on-behalf-of': sendable('RUNBOOK_ON_BEHALF_OF', behalf) }),
  };
}

function sendable(name: string, value: string): string {
  if (!/^[!-~]+(?: [!-~]+)*$/.test(value)) {
    throw new UsageError({
      code: 'claim_invalid',
      message: `\`${name}\` must be plain ASCII without spaces around it, not \`${value}\``,
    });
  }
  return value;
}
