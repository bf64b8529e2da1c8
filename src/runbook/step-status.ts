/** How a step can stand: what reports say, and what `steps.ID.status` can be compared with. */
export const stepStatuses = [
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
] as const;
export type StepStatus = (typeof stepStatuses)[number];
