import * as v from 'valibot';

// What the CLI's contract says of its JSON, key by key: another key, or another word, is a failure here.

const missing = v.array(
  v.strictObject({ slot: v.string(), count: v.number(), from: v.array(v.string()) }),
);
const id = v.pipe(v.string(), v.regex(/^[0-9a-z]{16}$/));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const time = v.pipe(v.string(), v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));

const words = v.pipe(v.string(), v.regex(/^([a-z]+-){4}[0-9a-f]{8}$/));
const finding = v.picklist(['justified', 'unjustified']);
const standingReview = {
  due: time,
  overdue: v.boolean(),
  review: v.nullable(v.strictObject({ person: v.string(), finding, reason: v.string(), time })),
};

/** `exec`, `resume`, `wait`, `status`, `cancel`. */
export const runJson = v.strictObject({
  run: id,
  runbook: v.string(),
  environment: v.string(),
  status: v.picklist([
    'running',
    'waiting',
    'succeeded',
    'failed',
    'rejected',
    'expired',
    'denied',
    'cancelled',
    'unknown',
  ]),
  protected: v.boolean(),
  terminal: v.boolean(),
  exit_code: v.number(),
  stamp: v.picklist(['advisory', 'enforced']),
  break_glass: v.nullable(v.string()),
  glass_broken: v.boolean(),
  overrides: v.array(v.string()),
  reviews: v.array(v.strictObject({ request: id, words, step: v.string(), ...standingReview })),
  steps: v.array(
    v.strictObject({
      id: v.string(),
      name: v.nullable(v.string()),
      status: v.picklist([
        'pending',
        'waiting',
        'running',
        'succeeded',
        'failed',
        'tolerated',
        'skipped',
        'rejected',
        'expired',
        'denied',
        'cancelled',
        'unknown',
      ]),
      attempt: v.number(),
      exit_code: v.optional(v.number()),
      duration_ms: v.optional(v.number()),
      outputs: v.optional(v.record(v.string(), v.unknown())),
      reason: v.optional(v.string()),
    }),
  ),
  requests: v.array(
    v.strictObject({
      request: id,
      step: v.string(),
      digest: sha256,
      words,
      expires_at: time,
      missing,
    }),
  ),
  reason: v.nullable(v.string()),
  hint: v.optional(v.string()),
  next: v.nullable(v.strictObject({ command: v.string() })),
});
export type RunJson = v.InferOutput<typeof runJson>;

/** `break-glass list`. */
export const debtsJson = v.strictObject({
  break_glass: v.array(
    v.strictObject({
      request: id,
      words,
      run: id,
      runbook: v.string(),
      step: v.string(),
      environment: v.string(),
      rule: v.string(),
      scope: v.string(),
      by: v.array(v.string()),
      reason: v.nullable(v.string()),
      started: time,
      reviewers: v.array(v.string()),
      ...standingReview,
    }),
  ),
});

/** `break-glass review`. */
export const reviewJson = v.strictObject({
  request: id,
  run: id,
  scope: v.string(),
  person: v.string(),
  finding,
  duplicate: v.boolean(),
  receipt: v.nullable(v.string()),
});

/** `approve`, `reject`, `revoke`. */
export const decisionJson = v.strictObject({
  request: id,
  decision: v.picklist(['approve', 'reject', 'revoke']),
  person: v.string(),
  assurance: v.picklist(['A0', 'A1', 'A2', 'A3']),
  missing,
  receipt: v.nullable(v.string()),
});

/** `audit export`. */
export const exportJson = v.strictObject({
  file: v.string(),
  digest: v.string(),
  scope: v.variant('kind', [
    v.strictObject({ kind: v.literal('run'), run: v.string() }),
    v.strictObject({ kind: v.literal('range'), from: v.number(), to: v.number() }),
  ]),
  size: v.number(),
  entries: v.number(),
  withheld: v.number(),
  bytes: v.number(),
});

/** `audit verify`. */
export const verifyJson = v.strictObject({
  verdicts: v.array(
    v.strictObject({
      name: v.picklist(['integrity', 'completeness', 'authorization', 'time', 'replicas']),
      ok: v.nullable(v.boolean()),
      anchor: v.string(),
      anchored_at: v.nullable(time),
    }),
  ),
  findings: v.array(
    v.strictObject({ code: v.string(), index: v.nullable(v.number()), message: v.string() }),
  ),
  forks: v.exactOptional(v.array(v.string())),
  exit_code: v.picklist([0, 14]),
});

/** `journal key show`, `recovery`, `rotate`. */
export const keysJson = v.strictObject({
  origin: v.string(),
  keys: v.array(
    v.strictObject({
      verifier_key: v.string(),
      from: v.number(),
      to: v.nullable(v.number()),
      ended: v.nullable(v.picklist(['rotation', 'lost', 'compromised'])),
      compromised_since: v.nullable(time),
    }),
  ),
  recovery: v.nullable(
    v.strictObject({ public: v.string(), fingerprint: v.string(), index: v.number() }),
  ),
});

/** What goes wrong, on stderr. */
export const errorJson = v.object({
  code: v.pipe(v.string(), v.regex(/^([a-z0-9_]+|E_[A-Z_]+)$/)),
  message: v.string(),
  hint: v.nullable(v.string()),
});
