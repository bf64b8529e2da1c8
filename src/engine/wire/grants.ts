import * as v from 'valibot';
import { type GrantReport, grantStates } from '../../approval/grant-report.ts';
import type { Hole } from '../../runbook/holes/hole.ts';
import { count, ofNoun, optionalText, requestId, runId, time, type Wire } from './values.ts';

export const grantReport: Wire<GrantReport> = v.object({
  request: requestId,
  words: v.string(),
  run: runId,
  runbook: v.string(),
  step: v.string(),
  environment: v.string(),
  rule: v.string(),
  state: v.picklist(grantStates),
  vary: v.array(ofNoun<Hole>()),
  uses: count,
  max_uses: count,
  until: v.nullable(time),
  approved_by: v.array(v.string()),
  revoked_at: v.nullable(time),
});

export const grantsAnswer: Wire<{ readonly grants: readonly GrantReport[] }> = v.object({
  grants: v.array(grantReport),
});

export const revokeGrantBody = v.strictObject({ reason: optionalText });
