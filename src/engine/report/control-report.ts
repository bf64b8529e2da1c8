import type { Framework } from '../../audit/controls.ts';
import { buildControlReport } from '../../audit/report/build-control-report.ts';
import type { ControlReport } from '../../audit/report/control-report.ts';
import { openPeriod } from '../../audit/report/period.ts';
import { recordedOf } from '../../run/recorded.ts';
import type { Engine } from '../engine.ts';
import { verifyJournal } from '../proof/verify-journal.ts';
import type { VerifyInput } from '../verify.ts';
import { walkLog } from '../walk-log.ts';

export interface ControlReportInput extends VerifyInput {
  readonly framework: Framework;
  /** RFC 3339, `from <= time < to`; null is open. */
  readonly from: string | null;
  readonly to: string | null;
}

/**
 * What the journal shows about a framework's controls. All of it is verified, also what the period leaves
 * out: evidence is worth what the journal is worth. What is overdue is so at the period's end, or now.
 */
export async function reportControls(
  engine: Engine,
  input: ControlReportInput,
): Promise<ControlReport> {
  const { framework, from, to } = input;
  const { store } = engine;
  const { verdicts, findings } = await verifyJournal(engine, input);
  const period = openPeriod({ from, to });
  const { size } = await store.head();
  for await (const { entries } of walkLog(store, size)) {
    for (const stored of entries) {
      period.add(recordedOf(stored));
    }
  }
  const nowMs = engine.clock.now().wallMs;
  return buildControlReport({
    framework,
    origin: store.origin,
    size,
    from,
    to,
    period: period.end(to === null ? nowMs : Math.min(nowMs, Date.parse(to))),
    verdicts,
    findings,
  });
}
