import type { JsonObject } from '../base/json.ts';
import { either, list, object, record } from '../base/yaml-collections.ts';
import {
  boolean,
  duration,
  integer,
  number,
  oneOf,
  plainScalar,
  text,
} from '../base/yaml-scalars.ts';
import {
  annotated,
  type Checked,
  type Located,
  located,
  mismatch,
  optional,
  raw,
  refine,
  required,
  type Schema,
} from '../base/yaml-schema.ts';
import { approvalModes, paramTypes } from './runbook.ts';

/** The written form of a runbook. `parse.ts` makes the working form of it; `json-schema.ts` the editors'. */

const id = { pattern: /^[a-z][a-z0-9_]*$/, example: 'check_health' };
const variable = { pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, example: 'API_URL' };

/** Keys the language knows but this version does not. */
const later = [
  'needs',
  'for_each',
  'parallel',
  'lock',
  'hosts',
  'uses',
  'with',
  'rollback',
  'on_failure',
  'on_cancel',
  'credentials',
  'isolation',
];

/** A number or `true` where text belongs is taken as written: `1.10` stays `1.10`. */
const written: Schema<Located<string>> = located(
  refine(plainScalar(), (value, node) =>
    typeof value === 'string' || node.kind !== 'scalar' ? String(value) : node.source,
  ),
);

const words = located(text());

/** Timers count in 31 bits of milliseconds. */
const longest = 24 * 86_400_000;

const limit = refine(duration(), (ms, node, place) =>
  ms > 0 && ms <= longest
    ? ms
    : mismatch(node, place, { expected: 'a duration between `1ms` and `24d`' }),
);

const statusRange = refine(plainScalar(), (value, node, place) => {
  const [, from, to] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(String(value)) ?? [];
  return from === undefined
    ? mismatch(node, place, { expected: 'a status such as `200` or `200-299`' })
    : { from: Number(from), to: Number(to ?? from) };
});

const expectation = object({
  exit: optional(oneOrMore(integer({ min: 0, max: 255 }))),
  status: optional(oneOrMore(statusRange)),
  that: optional(words),
});

const nothingExpected = { exit: null, status: null, that: null };

const header = { pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, example: 'accept' };

const request = {
  method: required(located(text({ pattern: /^[A-Z]+$/, example: 'GET' })), (node) => ({
    value: 'GET',
    node,
  })),
  url: required(words, (node) => ({ value: 'https://host/', node })),
  query: optional(record(written), {}),
  headers: optional(record(written, header), {}),
  json: optional(raw()),
  body: optional(words),
  redirects: optional(oneOf('off', 'same_origin'), 'off'),
};

const exec = either(
  { scalar: words, list: list(written, { min: 1 }) },
  'a command line, or a list of arguments',
);

const httpForms = 'a line such as `GET https://host/path`, or a map';
const probeHttp = either({ scalar: words, map: object(request) }, httpForms);
const http = either(
  { scalar: words, map: object({ ...request, timeout: optional(limit) }) },
  httpForms,
);

const retry = either(
  {
    scalar: integer({ min: 1, max: 100 }),
    map: object({
      attempts: integer({ min: 1, max: 100 }),
      delay: optional(duration()),
      backoff: optional(number({ min: 1 })),
      max_delay: optional(duration()),
      on: optional(list(located(plainScalar()), { min: 1 })),
    }),
  },
  'a number of attempts, or a map',
);

const output = either(
  {
    scalar: words,
    map: located(
      object({
        value: optional(words),
        secret: optional(boolean(), false),
        type: optional(oneOf(...paramTypes)),
        enum: optional(list(located(plainScalar()), { min: 1 })),
        pattern: optional(words),
        min: optional(number()),
        max: optional(number()),
      }),
    ),
  },
  'an expression, or a map',
);

const actions = {
  run: optional(annotated(words, { description: 'A script for `sh -eu`. Never templated.' })),
  shell: optional(oneOf('sh', 'bash')),
  exec: optional(annotated(exec, { description: 'A program and its arguments, without a shell.' })),
};

function oneOfActions(keys: readonly string[]): { readonly oneOf: readonly JsonObject[] } {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}

const check = annotated(
  located(
    object({
      ...actions,
      http: optional(probeHttp),
      expect: optional(expectation, nothingExpected),
    }),
  ),
  oneOfActions(['run', 'exec', 'http']),
);

const param = located(
  object({
    type: oneOf(...paramTypes),
    description: optional(text()),
    default: optional(located(plainScalar())),
    enum: optional(list(located(plainScalar()), { min: 1 })),
    pattern: optional(words),
    min: optional(number()),
    max: optional(number()),
    required: optional(boolean()),
    secret: optional(boolean(), false),
  }),
);

const step = annotated(
  located(
    object(
      {
        id: required(located(text(id)), (node) => ({ value: '', node })),
        name: optional(text()),
        description: optional(text()),
        if: optional(words),
        ...actions,
        http: optional(http),
        manual: optional(
          annotated(words, {
            description: 'What a person does, who then says so. Starts nothing.',
          }),
        ),
        ask: optional(record(param, id), {}),
        env: optional(record(written, variable), {}),
        cwd: optional(words),
        files: optional(list(words), []),
        timeout: optional(limit),
        retry: optional(retry),
        expect: optional(expectation, nothingExpected),
        outputs: optional(record(output, id), {}),
        continue_on_error: optional(boolean(), false),
        idempotent: optional(boolean(), false),
        check: optional(check),
        privileged: optional(boolean(), false),
        tags: optional(list(words), []),
      },
      { later },
    ),
  ),
  oneOfActions(['run', 'exec', 'http', 'manual']),
);

const inherited = either(
  {
    scalar: refine(text(variable), (name) => ({ name, secret: false })),
    map: object({ name: text(variable), secret: optional(boolean(), false) }),
  },
  'a variable, or a map with `name` and `secret`',
);

export const runbookSchema = object(
  {
    name: required(text({ pattern: /^[a-z][a-z0-9-]*$/, example: 'restart-cluster' }), () => ''),
    description: optional(text()),
    approvals: optional(
      annotated(oneOf(...approvalModes), {
        description: 'Ask at each step, or for all steps before anything runs.',
      }),
      'each',
    ),
    params: optional(record(param, id), {}),
    env: optional(record(written, variable), {}),
    inherit: optional(list(located(inherited)), []),
    preconditions: optional(list(step), []),
    steps: required(list(step, { min: 1 }), () => []),
    finally: optional(list(step), []),
  },
  { later },
);

export type RunbookFile = Checked<typeof runbookSchema>;
export type StepFile = RunbookFile['steps'][number];
export type CheckFile = Checked<typeof check>;
export type ParamFile = Checked<typeof param>;
export type ExpectFile = Checked<typeof expectation>;
export type OutputFile = Checked<typeof output>;
export type RetryFile = Checked<typeof retry>;
export type HttpFile = Checked<typeof probeHttp> | Checked<typeof http>;
export type ExecFile = Checked<typeof exec>;

function oneOrMore<T>(item: Schema<T>): Schema<readonly T[]> {
  const single = refine(item, (value) => [value]);
  return either({ scalar: single, list: list(item, { min: 1 }) }, `${item.expected}, or a list`);
}
