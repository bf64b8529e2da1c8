import { closest } from '../../base/suggest.ts';
import type { YamlNode } from '../../base/yaml.ts';
import { type Located, suggestion } from '../../base/yaml-schema.ts';
import type { RetryPolicy } from '../command.ts';
import type { Expectation, PlannedAction } from '../plan.ts';
import type { ExpectFile, RetryFile } from '../schema.ts';
import { bareExpression } from '../template.ts';
import type { Reading, Site } from './site.ts';

/** The step or check that a part belongs to. `kind` is null where its action is wrong. */
export interface About {
  readonly kind: PlannedAction['kind'] | null;
  readonly node: YamlNode;
  readonly reading: Reading;
}

/** An expression, bare, with its place noted for the checks; null where there is none. */
export function addExpression(
  text: Located<string> | null,
  where: Site['where'],
  { kind, reading }: About,
): string | null {
  if (text === null) {
    return null;
  }
  reading.sites.push({ node: text.node, text: text.value, where, of: kind });
  return bareExpression(text.value).expression;
}

export function parseExpect({ exit, status, that }: ExpectFile, about: About): Expectation {
  const { kind, node, reading } = about;
  if (exit !== null && kind === 'http') {
    reading.report(node, { message: '`exit` is for `run` and `exec`', hint: 'use `status`' });
  }
  if (status !== null && kind !== 'http') {
    reading.report(node, { message: '`status` is for `http`', hint: 'use `exit`' });
  }
  return {
    exit: exit ?? [0],
    status: status ?? [{ from: 200, to: 299 }],
    that: addExpression(that, 'that', about),
  };
}

/** `retry: 3`, or the long form. Without `delay` one second passes between two tries. */
export function parseRetry(retry: RetryFile | null, about: About): RetryPolicy | null {
  if (retry === null) {
    return null;
  }
  if (typeof retry === 'number') {
    return { attempts: retry, delay_ms: 1000, backoff: 1, max_delay_ms: 300_000, on: [] };
  }
  const delay = retry.delay ?? 1000;
  return {
    attempts: retry.attempts,
    delay_ms: delay,
    backoff: retry.backoff ?? 1,
    max_delay_ms: retry.max_delay ?? Math.max(delay, 300_000),
    on: (retry.on ?? []).map((cause) => parseCause(cause, about)),
  };
}

function parseCause(
  { value, node }: Located<string | number | boolean>,
  { kind, reading }: About,
): RetryPolicy['on'][number] {
  if (value === 'expect' || value === 'timeout') {
    return { kind: value };
  }
  const isHttp = kind === 'http';
  const [from, to] = isHttp ? [100, 599] : [0, 255];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to) {
    const wanted = `${isHttp ? 'a status' : 'an exit code'}, \`expect\` or \`timeout\``;
    const hint = suggestion(closest(String(value), ['expect', 'timeout']));
    reading.report(node, { message: `\`on\` must name ${wanted}, not \`${value}\``, hint });
  }
  return { kind: isHttp ? 'status' : 'exit', code: Number(value) };
}
