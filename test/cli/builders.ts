import type { RequestId, RunId } from '../../src/base/ids.ts';
import type { RunReport } from '../../src/engine/reports.ts';

export const aRunId = '4f7k2m9x1c3v8b6n' as RunId;
const aRequestId = '9q8r7s6t5v4w3x2y' as RequestId;

export function aReport(more: Partial<RunReport> = {}): RunReport {
  return {
    run: aRunId,
    runbook: 'restart-cluster',
    environment: 'demo',
    status: 'waiting',
    terminal: false,
    exit_code: 10,
    stamp: 'advisory',
    break_glass: null,
    glass_broken: false,
    overrides: [],
    reviews: [],
    steps: [
      {
        id: 'health',
        name: 'Check that every node is up',
        status: 'succeeded',
        attempt: 1,
        duration_ms: 120,
        outputs: { leader: 'a' },
      },
      { id: 'restart', name: 'Restart one node after the other', status: 'waiting', attempt: 1 },
      { id: 'verify', name: null, status: 'pending', attempt: 0 },
    ],
    requests: [
      {
        request: aRequestId,
        step: 'restart',
        digest: '00'.repeat(32),
        words: 'amber-canoe-tiger-violin-1f3a9c04',
        expires_at: '2026-03-01T10:24:00.000Z',
        missing: [{ slot: 'floor', count: 1, from: ['*'] }],
      },
    ],
    reason: '`restart` waits for approval',
    next: { command: `runbook approve amber-canoe-tiger-violin-1f3a9c04 --key ~/.ssh/id_ed25519` },
    ...more,
  };
}
