import type { Claims } from '../approval/people/initiator.ts';
import { UsageError } from '../base/errors.ts';

const id = /^[A-Za-z0-9][\w.@/:#+-]{0,199}$/;
const job = /^([^\s;]+)(?:;\s*actor=([^\s;]+))?$/;

/**
 * What a call says of itself: `Runbook-Agent: ID`, `Runbook-Ci: github/acme/infra; actor=github/ana`,
 * `Runbook-On-Behalf-Of: ana`. Claims only ever add people to the chain, so one that cannot be read is refused rather than dropped.
 * Throws UsageError `claim_invalid`.
 */
export function readClaims(headers: Headers): Claims {
  const agent = headers.get('runbook-agent');
  const ci = headers.get('runbook-ci');
  const behalf = headers.get('runbook-on-behalf-of');
  return {
    ...(agent === null ? {} : { agent: checked(agent, 'Runbook-Agent') }),
    ...(ci === null ? {} : { ci: readJob(ci) }),
    ...(behalf === null ? {} : { onBehalfOf: checked(behalf, 'Runbook-On-Behalf-Of') }),
  };
}

function readJob(header: string): NonNullable<Claims['ci']> {
  const [, identity = '', actor] = job.exec(header) ?? [];
  return {
    identity: checked(identity, 'Runbook-Ci'),
    ...(actor === undefined ? {} : { actor: checked(actor, 'Runbook-Ci') }),
  };
}

function checked(value: string, header: string): string {
  if (id.test(value)) {
    return value;
  }
  throw new UsageError({
    code: 'claim_invalid',
    message: `the header \`${header}\` names nobody`,
    hint: 'write `Runbook-Agent: ID`, `Runbook-Ci: github/OWNER/REPO; actor=github/USER` and `Runbook-On-Behalf-Of: NAME`',
  });
}
