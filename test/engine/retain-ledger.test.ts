import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/digest.ts';
import { newRequestId, newRunId, type RequestId, type RunId } from '../../src/base/ids.ts';
import { openLedger, type RunLedger } from '../../src/engine/retain/ledger.ts';
import type { Event } from '../../src/run/events.ts';
import { approvalRequested, runFinished, runStarted, stepStarted } from '../support/some-events.ts';

const day = 86_400_000;
const startMs = Date.parse('2026-01-02T03:04:05.678Z');

function ledgerOf(entries: readonly (readonly [RunId | null, Event])[]): readonly RunLedger[] {
  const ledger = openLedger();
  for (const [seq, [run, event]] of entries.entries()) {
    const time = new Date(startMs + seq).toISOString();
    ledger.add({ seq, time, run, event, hash: sha256(String(seq)) });
  }
  return ledger.runs();
}

const reusable = (run: RunId, id: RequestId): Event => {
  const event = approvalRequested(run, id);
  const reuse = { rule: 'nightly', max_uses: 3, for_ms: 10 * day };
  return event.type === 'approval.requested'
    ? { ...event, data: { ...event.data, grant: { uses: 1, reuse } } }
    : event;
};

const under = (request: RequestId, more: { lent_by?: RunId; break_glass?: string }): Event => {
  const event = stepStarted({ request });
  return event.type === 'step.started' && event.data.permit.kind === 'grant'
    ? { ...event, data: { ...event.data, permit: { ...event.data.permit, ...more } } }
    : event;
};

describe('something rests on a run', () => {
  const run = newRunId();
  const request = newRequestId();

  test('while it has not ended', () => {
    const [own] = ledgerOf([[run, runStarted()]]);
    expect(own?.needed(startMs)).toBe('it has not ended');
  });

  test('while its approval may stand for later runs, unless somebody ended that', () => {
    const entries = [
      [run, runStarted()],
      [run, reusable(run, request)],
      [run, runFinished()],
    ] as const;
    const by = { role: 'caller', identity: 'os:ana@web1', person: 'ana' } as const;
    const revoked: Event = { type: 'grant.revoked', data: { request, by, reason: null } };
    const [own] = ledgerOf(entries);
    expect(own?.needed(startMs + 9 * day)).toContain(request);
    expect(own?.needed(startMs + 11 * day)).toBeNull();
    expect(own?.needed(startMs, new Set([request]))).toBeNull();
    expect(ledgerOf([...entries, [null, revoked]])[0]?.needed(startMs)).toBeNull();
  });

  test('while a review of it is owed', () => {
    const entries = [
      [run, runStarted()],
      [run, approvalRequested(run, request)],
      [run, under(request, { break_glass: 'outage@prod' })],
      [run, runFinished()],
    ] as const;
    const data = {
      request,
      scope: 'outage@prod',
      person: 'kim',
      finding: 'justified',
      reason: 'it was down',
      statement: '',
      signature: '',
    } as const;
    const review: Event = { type: 'break_glass.reviewed', data };
    expect(ledgerOf(entries)[0]?.needed(startMs)).toContain('is owed');
    expect(ledgerOf([...entries, [run, review]])[0]?.needed(startMs)).toBeNull();
  });
});

test('runs that lent an approval and runs that used it are bound to each other', () => {
  const [lender, borrower, other] = [newRunId(), newRunId(), newRunId()];
  const request = newRequestId();
  const runs = ledgerOf([
    [lender, runStarted()],
    [lender, reusable(lender, request)],
    [borrower, runStarted()],
    [borrower, under(request, { lent_by: lender })],
    [other, runStarted()],
    [lender, runFinished()],
  ]);
  expect(runs.map(({ bound }) => [...bound])).toEqual([[borrower], [lender], []]);
  expect(runs[0]?.ranges).toEqual([
    { from: 0, to: 2 },
    { from: 5, to: 6 },
  ]);
});
