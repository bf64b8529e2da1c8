import * as v from 'valibot';
import { debtsAnswer, reviewReport } from '../engine/wire/break-glass.ts';
import { requestFile, signedBody } from '../engine/wire/requests.ts';
import { flag, maybeNumber } from './query.ts';
import { jsonRoute, type Route } from './route.ts';

const reviewing = ['read', 'decide'] as const;

export const breakGlassRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/break-glass',
    access: reviewing,
    summary: 'List what was done under break-glass and is not reviewed; `all=true` everything',
    query: v.strictObject({ all: flag }),
    answer: debtsAnswer,
    handle: async ({ service }, { query }) => ({
      break_glass: await service.breakGlass(query.all),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/break-glass/{request}/review',
    access: reviewing,
    summary: 'What was started, as a file that proves itself, from the head of size `seen` on',
    query: v.strictObject({ seen: maybeNumber() }),
    answer: requestFile,
    handle: async ({ service, param }, { query }) =>
      service.reviewOwed(param('request'), query.seen ?? null),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/reviews',
    access: ['decide'],
    summary: "Hand in a signed review; whoever carries it, the key's person reviews",
    body: signedBody,
    answer: reviewReport,
    handle: async ({ service }, { body }) => service.reviewBreakGlass(body),
  }),
];
