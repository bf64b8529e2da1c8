import * as v from 'valibot';
import { scopes } from '../../approval/token.ts';
import type { Me, TokenSummary } from '../login-reports.ts';
import type { Finding } from '../reports.ts';
import { count, time, type Wire } from './values.ts';

/**
 * What goes over the wire between `runbook serve` and whoever calls it: the server checks bodies with
 * these schemas and describes itself with them (OpenAPI), a client reads answers with them. Runs are in
 * `wire-runs.ts`, runbooks and plans in `wire-plans.ts`, requests and decisions in `wire-requests.ts`,
 * the journal in `wire-audit.ts`, links in `wire-links.ts`; this file has the rest.
 *
 * Bodies are strict: a mistyped key is an error. Answers are open: a newer server may say more, and what
 * a client does not know it leaves out.
 */

/** What goes wrong: the RunbookError, which a client throws again. */
export const errorAnswer = v.object({
  code: v.pipe(v.string(), v.regex(/^\w+$/)),
  message: v.string(),
  hint: v.nullable(v.string()),
  exit_code: v.number(),
});
export type ErrorAnswer = v.InferOutput<typeof errorAnswer>;

/** `/healthz` and `/readyz`. */
export const healthAnswer = v.object({
  status: v.picklist(['ok', 'starting', 'stopping', 'degraded']),
  receptions: v.array(
    v.object({ name: v.string(), ok: v.boolean(), message: v.string(), backlog: count }),
  ),
});
export type HealthAnswer = v.InferOutput<typeof healthAnswer>;

const scope = v.picklist(scopes);

export const meAnswer: Wire<Me> = v.object({
  identity: v.string(),
  kind: v.picklist(['person', 'agent', 'ci', 'unknown']),
  person: v.nullable(v.string()),
  scopes: v.array(scope),
  expires_at: v.nullable(time),
  origin: v.string(),
});

export const doctorAnswer: Wire<{ readonly findings: readonly Finding[] }> = v.object({
  findings: v.array(
    v.object({
      name: v.string(),
      ok: v.boolean(),
      message: v.string(),
      hint: v.nullable(v.string()),
    }),
  ),
});

const holder = {
  kind: v.picklist(['person', 'agent', 'ci']),
  id: v.pipe(v.string(), v.nonEmpty()),
};

export const tokenBody = v.strictObject({
  holder: v.strictObject(holder),
  scopes: v.pipe(v.array(scope), v.nonEmpty()),
  label: v.optional(v.nullable(v.string()), null),
  /** From now on. */
  expires_in_ms: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

const summary = {
  token: v.string(),
  holder: v.object(holder),
  scopes: v.array(scope),
  label: v.nullable(v.string()),
  issued_at: time,
  expires_at: time,
  revoked_at: v.nullable(time),
  issued_by: v.string(),
};

export const tokenSummary: Wire<TokenSummary> = v.object(summary);

/** The only time that the secret is told. */
export const issuedToken: Wire<TokenSummary & { readonly secret: string }> = v.object({
  ...summary,
  secret: v.string(),
});

export const tokensAnswer: Wire<{ readonly tokens: readonly TokenSummary[] }> = v.object({
  tokens: v.array(tokenSummary),
});
