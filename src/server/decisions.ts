import {
  decisionReport,
  ownDecisionBody,
  resolveBody,
  signedBody,
} from '../engine/wire/requests.ts';
import { runReport } from '../engine/wire/runs.ts';
import { namedRun } from './own-runs.ts';
import { requestOf } from './requests.ts';
import { jsonRoute, type Route } from './route.ts';

/** POST alone: what follows links, or fetches a page before anybody asked, never decides. */
export const decisionRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/requests/{request}/decisions',
    access: ['decide'],
    summary:
      'Decide as the person the token was issued to: attested by the server, signed by nobody',
    body: ownDecisionBody,
    answer: decisionReport,
    handle: async (call, { body }) => {
      const request = (await call.service.describeRequest(requestOf(call))).content.id;
      return call.service.decideAsMyself({ request, ...body });
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/decisions',
    access: ['decide'],
    summary: "Hand in what a person signed; whoever carries it, the key's person decides",
    body: signedBody,
    answer: decisionReport,
    handle: async ({ service }, { body }) => service.decide(body, 'api'),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/runs/{run}/steps/{step}/resolve',
    access: ['decide'],
    summary: 'Settle a step whose outcome nobody knows',
    body: resolveBody,
    answer: runReport,
    handle: async (call, { body }) =>
      call.service.resolve({ run: await namedRun(call), step: call.param('step'), ...body }),
  }),
];
