import * as v from 'valibot';
import { grantReport, grantsAnswer, revokeGrantBody } from '../engine/wire/grants.ts';
import { flag } from './query.ts';
import { jsonRoute, type Route } from './route.ts';

export const grantRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/grants',
    access: ['read', 'decide'],
    summary: 'List approvals that hold for later runs; `all=true` those too that hold no more',
    query: v.strictObject({ all: flag }),
    answer: grantsAnswer,
    handle: async ({ service }, { query }) => ({ grants: await service.grants(query.all) }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/grants/{request}/revoke',
    access: 'bearer',
    summary: 'End one, for all runs: it only makes things stricter, so anybody known may',
    body: revokeGrantBody,
    answer: grantReport,
    handle: async ({ service, param }, { body }) =>
      service.revokeGrant(param('request'), body.reason),
  }),
];
