import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import { entriesAnswer, entryAnswer, verifyBody, verifyReport } from '../engine/wire/audit.ts';
import { wholeNumber, word } from './query.ts';
import { jsonRoute, type Route } from './route.ts';

export const auditRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/audit/entries',
    access: ['read'],
    summary: 'The newest entries of the journal',
    query: v.strictObject({ run: word, limit: wholeNumber(50, 1000) }),
    answer: entriesAnswer,
    handle: async ({ service }, { query }) => ({
      entries: await service.auditLog({ run: query.run ?? null, limit: query.limit }),
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

function readIndex(text: string): number {
  if (/^\d{1,15}$/.test(text)) {
    return Number(text);
  }
  throw new UsageError({
    code: 'index_invalid',
    message: `\`${text}\` is not the number of an entry`,
  });
}
