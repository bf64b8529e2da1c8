import type { Service } from '../engine/service.ts';
import { grantReport, grantsAnswer } from '../engine/wire/grants.ts';
import { type Connection, pathOf } from './connection.ts';

/** Approvals that hold for later runs, over the wire. */
export function remoteGrants({ call }: Connection): Pick<Service, 'grants' | 'revokeGrant'> {
  return {
    grants: async (all) =>
      (await call({ path: pathOf('grants'), query: { all }, answer: grantsAnswer })).grants,
    // Handed in twice it is one revocation.
    revokeGrant: (request, reason) =>
      call({
        method: 'POST',
        path: pathOf('grants', request, 'revoke'),
        body: { reason },
        answer: grantReport,
        repeatable: true,
      }),
  };
}
