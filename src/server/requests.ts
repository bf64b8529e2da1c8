import * as v from 'valibot';
import { requestDetail, requestFile, requestsAnswer } from '../engine/wire-requests.ts';
import { namedRun, seen } from './own-runs.ts';
import { flag, maybeNumber } from './query.ts';
import { type Call, jsonRoute, type Route } from './route.ts';

const reviewing = ['read', 'decide'] as const;
const seenSize = v.strictObject({ seen: maybeNumber() });

export const requestRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/requests',
    access: ['read', 'decide', 'start:own'],
    summary: 'List requests; `open=true` only those that somebody may still decide',
    query: v.strictObject({ open: flag }),
    answer: requestsAnswer,
    handle: async (call, { query }) => ({
      requests: await seen(call, await call.service.requests(query.open)),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/requests/{request}',
    access: reviewing,
    summary: 'Everything a card is laid out from',
    answer: requestDetail,
    handle: async (call) => call.service.describeRequest(requestOf(call)),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/requests/{request}/review',
    access: reviewing,
    summary: 'The request as a file that proves itself, from the head of size `seen` on',
    query: seenSize,
    answer: requestFile,
    handle: async (call, { query }) => call.service.review(requestOf(call), query.seen ?? null),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/runs/{run}/steps/{step}/review',
    access: reviewing,
    summary: 'The started step whose outcome nobody knows, likewise',
    query: seenSize,
    answer: requestFile,
    handle: async (call, { query }) =>
      call.service.reviewStarted(await namedRun(call), call.param('step'), query.seen ?? null),
  }),
];

/** An id, a prefix of it, its words, or `only`: the one that is open. */
export function requestOf({ param }: Call): string | null {
  const name = param('request');
  return name === 'only' ? null : name;
}
