import type { RunId, Sha256 } from '../../src/base/ids.ts';
import type { RequestReport, RunReport } from '../../src/engine/reports.ts';
import type { Event, Recorded } from '../../src/run/events.ts';

export const runId = '4f7k4f7k4f7k4f7k' as RunId;

/** Entry number `version` of the run; what it says is of no matter unless it is given. */
export function anEntry(
  version: number,
  event: Event = { type: 'step.skipped', data: { step: `s${version}`, why: '' } },
): Recorded {
  const hash = String(version).padStart(64, '0') as Sha256;
  return { seq: version + 100, time: '2026-03-01T10:00:00.000Z', run: runId, event, hash };
}

export function aReport(more: Partial<RunReport>): RunReport {
  return {
    run: runId,
    runbook: 'restart',
    environment: 'local',
    status: 'running',
    terminal: false,
    exit_code: 10,
    stamp: 'advisory',
    break_glass: null,
    glass_broken: false,
    overrides: [],
    reviews: [],
    steps: [],
    requests: [],
    reason: null,
    next: null,
    ...more,
  };
}

export function aRequest(more: Partial<RequestReport> = {}): RequestReport {
  return {
    request: 'r111r111r111r111' as RequestReport['request'],
    step: 'change',
    digest: '0'.repeat(64),
    words: 'amber-canoe-tiger-violin',
    expires_at: '2099-01-01T00:00:00.000Z',
    missing: [{ slot: 'floor', count: 1, from: ['*'] }],
    ...more,
  };
}
