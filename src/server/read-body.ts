import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import type { Wire } from '../engine/wire-values.ts';
import { findJsonProblem } from './json-place.ts';
import { bodyInvalid } from './refusals.ts';
import type { QuerySchema } from './route.ts';

/**
 * Reads a body as JSON of this shape. Throws UsageError `media_type_unsupported`, `body_invalid` with the
 * place. What is said of it never quotes its values: they may be secret.
 */
export async function readBody(request: Request, schema: Wire<unknown>): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new UsageError({
      code: 'media_type_unsupported',
      message: 'the body is not said to be JSON',
      hint: 'send `Content-Type: application/json`',
    });
  }
  const decoded = decodeUtf8(Buffer.from(await request.arrayBuffer()));
  if ('badLine' in decoded) {
    throw bodyInvalid(`body, line ${decoded.badLine}: not UTF-8`);
  }
  return checked(schema, parseJson(decoded.text));
}

/** Reads a query. Throws UsageError `query_invalid`. */
export function readQuery(url: string, schema: QuerySchema): unknown {
  const given = Object.fromEntries(new URL(url).searchParams);
  const { success, output, issues } = v.safeParse(schema, given);
  if (success) {
    return output;
  }
  throw new UsageError({
    code: 'query_invalid',
    message: `query, ${placeOf(issues[0])}`,
    hint: '`/v1/openapi.json` says what this route takes',
  });
}

function parseJson(text: string): unknown {
  const problem = findJsonProblem(text);
  if (problem !== null) {
    throw bodyInvalid(`body:${problem.line}:${problem.column}: ${problem.message}`);
  }
  return JSON.parse(text);
}

function checked(schema: Wire<unknown>, value: unknown): unknown {
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) {
    return output;
  }
  throw bodyInvalid(`body, ${placeOf(issues[0])}`);
}

/** `holder.kind: expected …`; a key that a strict object does not know is a place too. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'all of it';
  return issue.expected === 'never'
    ? `\`${path}\`: there is no such key`
    : `\`${path}\`: expected ${issue.expected ?? 'something else'}`;
}
