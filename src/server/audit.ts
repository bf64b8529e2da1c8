import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import { entriesAnswer, entryAnswer, verifyBody, verifyReport } from '../engine/wire/audit.ts';
import { assurance, choice, time } from '../engine/wire/values.ts';
import { wholeNumber, word } from './query.ts';
import { jsonRoute, type Route } from './route.ts';

export const auditRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/audit/entries',
    access: ['read'],
    summary: 'The newest entries of the journal that fit; of several filters all must hold',
    query: v.strictObject({
      run: word,
      limit: wholeNumber(50, 1000),
      person: word,
      runbook: word,
      environment: word,
      since: v.optional(time),
      until: v.optional(time),
      decision: v.optional(choice),
      assurance: v.optional(assurance),
      type: word,
    }),
    answer: entriesAnswer,
    handle: async ({ service }, { query: { run = null, ...filter } }) => ({
      entries: await service.auditLog({ run, ...filter }),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/audit/entries/{index}',
    access: ['read'],
    summary: 'One entry whole, with its inclusion proof',
    answer: entryAnswer,
    handle: async ({ service, param }) => service.auditShow(readIndex(param('index'))),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/audit/verify',
    access: ['read'],
    summary: 'Judge the whole journal, and hold it against receipts and heads from outside',
    body: verifyBody,
    answer: verifyReport,
    handle: async ({ service, site }, { body }) =>
      site.verifying(() => service.verify({ ...body, progress: () => undefined })),
  }),
];

/** Throws UsageError `index_invalid`. */
export function readIndex(text: string): number {
  if (/^\d{1,15}$/.test(text)) {
    return Number(text);
  }
  throw new UsageError({
    code: 'index_invalid',
    message: `\`${text}\` is not the number of an entry`,
  });
}
