import { expect, test } from 'vitest';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { layoutVerdicts } from '../../src/pages/verdicts.ts';

function verdicts(ok: boolean, anchor: string): string {
  const at = '2026-03-01T01:00:00.000Z';
  const report: VerifyReport = {
    verdicts: [{ name: 'completeness', ok, anchor, anchored_at: at }],
    findings: [],
    exit_code: ok ? 0 : 14,
  };
  return layoutVerdicts(report, 'c5rf').markup;
}

test('the page begins with the line that the command begins with, and green says no bare yes', () => {
  const anchored = verdicts(true, 'size=42 by=witness; 1 more');
  const line = '<strong>ANCHORED size=42 by=witness at=2026-03-01T01:00:00.000Z</strong>';
  expect(anchored).toContain(`<div class="notice " role="status"><p>${line}`);
  expect(verdicts(true, 'self-consistent only')).toContain(
    '<div class="notice warn" role="status"><p><strong>SELF-CONSISTENT ONLY</strong>',
  );
  expect(verdicts(false, 'size=42 by=witness')).toContain(
    '<div class="notice bad" role="alert"><p><strong>FAILED completeness</strong>',
  );
});
