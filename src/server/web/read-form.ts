import * as v from 'valibot';
import { UsageError } from '../../base/errors.ts';
import { readBytes } from '../read-body.ts';

const maxBytes = 64 * 1024;
const fields = v.record(v.string(), v.string());

/** The fields of a posted form, or of the script's JSON. Throws UsageError `body_invalid`, `body_too_large`. */
export async function readForm(request: Request): Promise<ReadonlyMap<string, string>> {
  const text = (await readBytes(request, maxBytes)).toString();
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded') {
    return new Map(new URLSearchParams(text));
  }
  if (type === 'application/json') {
    return new Map(Object.entries(parseFields(text)));
  }
  throw invalid();
}

function parseFields(text: string): Readonly<Record<string, string>> {
  try {
    return v.parse(fields, JSON.parse(text));
  } catch {
    throw invalid();
  }
}

function invalid(): UsageError {
  return new UsageError({
    code: 'body_invalid',
    message: 'the body is not a form of this page',
    hint: 'open the page again and repeat it there',
  });
}
