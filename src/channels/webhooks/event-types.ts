/** What an endpoint can ask for: every type of entry (`run/events.ts`, which a channel may not open). */
export const eventTypes = [
  'log.genesis',
  'config.set',
  'run.started',
  'run.resumed',
  'run.cancel_requested',
  'run.finished',
  'step.skipped',
  'step.denied',
  'step.started',
  'step.finished',
  'step.unknown',
  'step.resolved',
  'step.late',
  'approval.requested',
  'approval.decided',
  'approval.expired',
  'approval.superseded',
  'approval.reminded',
  'manual.asked',
  'manual.done',
  'grant.revoked',
  'break_glass.reviewed',
  'token.issued',
  'token.revoked',
  'passkey.invited',
  'passkey.enrolled',
  'passkey.removed',
  'issuer.keys',
  'key.recovery',
  'key.rotated',
  'sink.gap',
  'content.erased',
  'log.pruned',
  'evidence.exported',
] as const;

/** Whether the endpoint asks for entries of this type. */
export function covers(pattern: string, type: string): boolean {
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
