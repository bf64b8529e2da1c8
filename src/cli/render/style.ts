import type { RunStatus } from '../../engine/reports.ts';
import type { StepStatus } from '../../runbook/step-status.ts';
import type { Brush, Paint } from '../paint.ts';

/** How and where a text will be shown. */
export interface Style {
  readonly paint: Paint;
  readonly columns: number;
}

/** Paints the words that a text begins with, where it does. */
export function paintHead(text: string, head: string, brush: Brush): string {
  return text.startsWith(head) ? `${brush(head)}${text.slice(head.length)}` : text;
}

/** The colour of a status is its meaning: done, wrong, or somebody must look. */
export function paintStatus(status: RunStatus | StepStatus, paint: Paint, text: string): string {
  switch (status) {
    case 'succeeded':
      return paint.good(text);
    case 'failed':
    case 'rejected':
    case 'denied':
    case 'unknown':
      return paint.bad(text);
    case 'waiting':
    case 'expired':
    case 'cancelled':
    case 'tolerated':
      return paint.careful(text);
    case 'running':
      return paint.accent(text);
    case 'pending':
    case 'skipped':
      return paint.quiet(text);
  }
}
