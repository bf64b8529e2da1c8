import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import type { RequestDetail } from '../engine/reports.ts';
import { requestDetail, requestFile, requestsAnswer } from '../engine/wire/requests.ts';
import { isOwn, namedRun, seenRequests } from './own-runs.ts';
import { flag, maybeNumber, wholeNumber } from './query.ts';
import { type Call, jsonRoute, type Route } from './route.ts';

const reviewing = ['read', 'decide'] as const;
const seenSize = v.strictObject({ seen: maybeNumber() });

export const requestRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/requests',
    access: ['read', 'decide', 'start:own'],
    summary: 'List requests; `open=true` only those that somebody may still decide',
    query: v.strictObject({ open: flag, limit: wholeNumber(50, 200) }),
    answer: requestsAnswer,
    handle: async (call, { query }) => ({
      requests: await seenRequests(call, query.open, query.limit),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/requests/{request}',
    access: [...reviewing, 'start:own'],
    summary: 'Everything a card is laid out from',
    answer: requestDetail,
    handle: async (call) => describeSeen(call, requestOf(call)),
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
  jsonRoute({
    method: 'GET',
    path: '/v1/people/{person}/head',
    access: ['start'],
    summary: 'The head of the journal, likewise, for whoever signs a start as this person',
    query: seenSize,
    answer: requestFile,
    handle: async (call, { query }) =>
      call.service.reviewHead(call.param('person'), query.seen ?? null),
  }),
];

/** To a token that sees only its own runs, a request of another's is as unknown as one that is not there. */
async function describeSeen(call: Call, name: string | null): Promise<RequestDetail> {
  if (call.reach === 'all') {
    return call.service.describeRequest(name);
  }
  const detail = await findOwn(call, name);
  if (detail !== null && (await isOwn(call, detail.content.run))) {
    return detail;
  }
  throw new UsageError({
    code: 'request_unknown',
    message: `no request \`${name ?? 'only'}\` of this token`,
    hint: '`runbook requests` lists them',
  });
}

/** Null also where several begin like this: how many there are is not this token's to know. */
async function findOwn(call: Call, name: string | null): Promise<RequestDetail | null> {
  const open = name === null ? await seenRequests(call, true, 2) : [];
  const meant = name ?? (open.length === 1 ? open[0]?.request : undefined);
  try {
    return meant === undefined ? null : await call.service.describeRequest(meant);
  } catch (error) {
    if (error instanceof UsageError) {
      return null;
    }
    throw error;
  }
}

/** An id, a prefix of it, its words, or `only`: the one that is open. */
export function requestOf({ param }: Call): string | null {
  const name = param('request');
  return name === 'only' ? null : name;
}
