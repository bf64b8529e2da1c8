import type { GrantReport } from '../../approval/grant-report.ts';
import { resolveInitiator } from '../../approval/people/initiator.ts';
import { refusalFor } from '../../approval/people/refusal.ts';
import { DeniedError, UsageError } from '../../base/errors.ts';
import type { ReusableRow } from '../../store/rows.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import { findRequest } from '../find.ts';
import { refuseLong } from '../refuse-long.ts';
import { reportGrant } from './list-grants.ts';

/**
 * Ends an approval that holds for later runs, for all of them; twice is the same as once. Whoever may start
 * something may end it, agents too: it only makes things stricter. Throws UsageError `request_unknown`,
 * `request_ambiguous`, `not_reusable`, `reason_too_long`; DeniedError `initiator_unknown`.
 */
export async function revokeGrant(
  engine: Engine,
  name: string,
  reason: string | null,
): Promise<GrantReport> {
  refuseLong({ reason });
  const found = await findReusable(engine, name);
  const { rules } = await ensureConfig(engine);
  const { chain } = resolveInitiator(rules.people, engine.caller);
  const refusal = refusalFor(rules.people, chain);
  const [by] = chain;
  if (refusal !== null || by === undefined) {
    throw new DeniedError({ code: 'initiator_unknown', message: 'nobody calls', ...refusal });
  }
  if (found.revoked === null) {
    const { request } = found;
    await engine.store.commit({
      run: null,
      expectedVersion: null,
      // Two that revoke at once record it once.
      commandId: `grant.${request}.revoked`,
      events: [{ type: 'grant.revoked', data: { request, by, reason } }],
      closing: true,
    });
  }
  const report = await reportGrant(engine, await findReusable(engine, found.request));
  return report ?? notReusable(name);
}

async function findReusable(engine: Engine, name: string): Promise<ReusableRow> {
  const { request } = await findRequest(engine, name);
  return (await engine.store.findReusable(request)) ?? notReusable(name);
}

function notReusable(name: string): never {
  throw new UsageError({
    code: 'not_reusable',
    message: `request \`${name}\` was not asked to hold for later runs`,
    hint: '`runbook grant list` lists those that were; `runbook revoke` takes back an approval of your own',
  });
}
