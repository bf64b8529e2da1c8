import * as v from 'valibot';
import type { RunbookError } from '../base/errors.ts';
import type { Wire } from '../engine/wire/values.ts';
import type { Answer, Outcome } from './http.ts';
import {
  distrusted,
  parseErrorAnswer,
  parseJson,
  unreachable,
  unreadable,
} from './server-error.ts';

/** What came of an exchange. */
export type Judged<T> =
  | { readonly kind: 'value'; readonly value: T; readonly headers: Headers }
  | Refused;

export interface Refused {
  readonly kind: 'error';
  readonly error: RunbookError;
  /** `ms`: after so long; `soon`: after a back-off. Null: trying again is no use, or could do it twice. */
  readonly again: { readonly ms: number } | 'soon' | null;
}

export interface Expected<T> {
  readonly url: string;
  readonly answer: Wire<T>;
  /** Twice does no more than once. */
  readonly repeatable: boolean;
}

/** Decides; does nothing. */
export function judgeOutcome<T>(outcome: Outcome, expected: Expected<T>): Judged<T> {
  const { url } = expected;
  if (outcome.kind === 'failed') {
    return judgeFailure(outcome, expected);
  }
  const { status, headers, text } = outcome.answer;
  if (status < 200 || status >= 300) {
    return judgeRefusal(outcome.answer, expected);
  }
  const parsed = v.safeParse(expected.answer, parseJson(text));
  if (parsed.success) {
    return { kind: 'value', value: parsed.output, headers };
  }
  const where = v.getDotPath(parsed.issues[0]) ?? 'the whole of it';
  return { kind: 'error', error: unreadable(url, `\`${where}\` is wrong`), again: null };
}

function judgeFailure(
  { why, cause, how }: Extract<Outcome, { kind: 'failed' }>,
  { url, repeatable }: Omit<Expected<unknown>, 'answer'>,
): Refused {
  if (how === 'distrusted') {
    return { kind: 'error', error: distrusted(url, why, cause), again: null };
  }
  const again = repeatable || how === 'unsent' ? 'soon' : null;
  return { kind: 'error', error: unreachable(url, why, cause), again };
}

/** An answer that is no success. */
export function judgeRefusal(
  { status, headers, text }: Answer,
  { url, repeatable }: Omit<Expected<unknown>, 'answer'>,
): Refused {
  if (status >= 300 && status < 400) {
    const error = unreadable(url, `it redirects (${status}), and redirects are not followed`);
    return { kind: 'error', error, again: null };
  }
  const told = parseErrorAnswer(text);
  if (status === 429) {
    // Nothing was done: safe to repeat, whatever it was.
    const error = told ?? unreachable(url, 'it has too much to do (429)');
    return { kind: 'error', error, again: retryAfter(headers) ?? 'soon' };
  }
  if (told !== null) {
    return { kind: 'error', error: told, again: null };
  }
  return status >= 500
    ? {
        kind: 'error',
        error: unreachable(url, `${status} from something before it`),
        again: repeatable ? 'soon' : null,
      }
    : { kind: 'error', error: unreadable(url, `${status}, and no reason`), again: null };
}

/** RFC 9110, 10.2.3, in seconds; a date is left to the back-off. */
function retryAfter(headers: Headers): { readonly ms: number } | null {
  const seconds = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(seconds) ? { ms: Math.min(longestMs, Number(seconds) * 1000) } : null;
}

const longestMs = 60_000;
