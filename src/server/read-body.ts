import * as v from 'valibot';
import { UsageError } from '../base/errors.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import type { Wire } from '../engine/wire/values.ts';
import { findJsonProblem } from './json-place.ts';
import { bodyInvalid, bodyTooLarge } from './refusals.ts';
import type { QuerySchema } from './route.ts';

/**
 * Reads a body as JSON of this shape. Throws UsageError `media_type_unsupported`, `body_invalid` with the
 * place, `body_too_large`. What is said of it never quotes its values: they may be secret.
 */
export async function readBody(
  request: Request,
  schema: Wire<unknown>,
  limit: number,
): Promise<unknown> {
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new UsageError({
      code: 'media_type_unsupported',
      message: 'the body is not said to be JSON',
      hint: 'send `Content-Type: application/json`',
    });
  }
  const decoded = decodeUtf8(await readBytes(request, limit));
  if ('badLine' in decoded) {
    throw bodyInvalid(`body, line ${decoded.badLine}: not UTF-8`);
  }
  return checked(schema, parseJson(decoded.text));
}

/**
 * The body as it came, at most so many bytes, whether or not it said how long it is. What is beyond stays
 * unread, and the connection goes with it; so it is where `signal` aborts. Throws UsageError `body_too_large`.
 */
export async function readBytes(
  request: Request,
  limit: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) {
    throw bodyTooLarge(limit);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const body: ReadableStream<Uint8Array> | null = request.body;
  const reader = body?.getReader();
  signal?.addEventListener('abort', () => void reader?.cancel().catch(() => undefined));
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    size += read.value.length;
    if (size > limit) {
      throw bodyTooLarge(limit);
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
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
    message: `query${placeOf(issues[0])}`,
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
  throw bodyInvalid(`body${placeOf(issues[0])}`);
}

/** ``, `holder.kind`: expected …``; a key that a strict object does not know is a place too. */
function placeOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue);
  const place = path === null ? '' : `, \`${path}\``;
  return issue.expected === 'never'
    ? `${place}: there is no such key`
    : `${place}: expected ${issue.expected ?? 'something else'}`;
}
