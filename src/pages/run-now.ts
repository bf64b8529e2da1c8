import { describeGrantUse } from '../approval/grant-report.ts';
import { formatDuration } from '../base/duration.ts';
import { sanitizeLine } from '../base/sanitize.ts';
import type { RunReport, RunStatus, StepReport } from '../engine/reports.ts';
import { waitsForApproval } from './request-words.ts';

/** What of a run's page changes while it goes on: laid out by the server, and told to the page's script. */
export interface RunNow {
  /** By the name that the page's elements have in `data-now`. */
  readonly cells: Readonly<Record<string, Cell>>;
  /** Requests that somebody has to decide. */
  readonly waits: readonly { readonly href: string; readonly text: string }[];
  readonly terminal: boolean;
}

export interface Cell {
  readonly text: string;
  /** Classes of the element. */
  readonly look: string;
}

export function runNow(report: RunReport): RunNow {
  const asked = new Set(report.requests.flatMap(({ step, steps: all = [step] }) => all));
  const steps = report.steps.flatMap((step) => [
    [`state ${step.id}`, badge(step.status, asked.has(step.id))] as const,
    [`facts ${step.id}`, plain(factsOf(step))] as const,
  ]);
  return {
    cells: {
      status: badge(report.status, asked.size > 0),
      reason: plain(report.reason === null ? '' : sanitizeLine(report.reason)),
      ...Object.fromEntries(steps),
    },
    waits: report.requests.map(({ request, words, step, steps: all = [step] }) => ({
      href: `/requests/${request}`,
      text: `${sanitizeLine(words)} (${all.join(', ')})`,
    })),
    terminal: report.terminal,
  };
}

/** The badge of a status, in a request's own words where it waits for one; its colour never says more. */
export function badge(status: RunStatus | StepReport['status'], isAsked: boolean): Cell {
  const text = status === 'waiting' && isAsked ? waitsForApproval : (words[status] ?? status);
  return { text, look: `badge ${tones[status] ?? ''}`.trim() };
}

type Known = Readonly<Partial<Record<RunStatus | StepReport['status'], string>>>;

const words: Known = {
  waiting: 'waits for somebody',
  tolerated: 'failed, tolerated',
  unknown: 'outcome unknown',
};

const tones: Known = {
  running: 'note',
  waiting: 'warn',
  succeeded: 'good',
  tolerated: 'warn',
  failed: 'bad',
  rejected: 'bad',
  expired: 'bad',
  denied: 'bad',
  cancelled: 'bad',
  unknown: 'bad',
};

function plain(text: string): Cell {
  return { text, look: 'soft' };
}

function factsOf(step: StepReport): string {
  const facts = [
    step.duration_ms === undefined ? '' : span(step.duration_ms),
    step.attempt > 1 ? `attempt ${step.attempt}` : '',
    step.exit_code === undefined || step.exit_code === 0 ? '' : `exit ${step.exit_code}`,
    step.done_by === undefined ? '' : `by ${step.done_by}`,
    step.reason ?? '',
    step.grant === undefined ? '' : describeGrantUse(step.grant),
    ...Object.entries(step.outputs ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
  ];
  return sanitizeLine(facts.filter((fact) => fact !== '').join(', '));
}

function span(ms: number): string {
  return ms < 9950 ? `${(ms / 1000).toFixed(1)}s` : formatDuration(Math.round(ms / 1000) * 1000);
}
