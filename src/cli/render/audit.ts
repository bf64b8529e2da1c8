import { sanitizeLine } from '../../base/sanitize.ts';
import type { AuditLine } from '../../engine/reports.ts';
import { headlineOf, type VerifyReport, verdictWord } from '../../engine/verify.ts';
import { formatDistance, formatInstant } from './span.ts';
import { paintHead, type Style } from './style.ts';
import { type Cell, renderTable } from './table.ts';

/** One line an entry: number, time, run, type, and what it says. */
export function renderAuditLog(entries: readonly AuditLine[], { paint, columns }: Style): string {
  const width = String(entries.at(-1)?.index ?? 0).length;
  return renderTable(
    entries.map((entry) => [
      { text: String(entry.index).padStart(width), paint: paint.quiet },
      { text: formatInstant(entry.time), paint: paint.quiet },
      { text: entry.run?.slice(0, 8) ?? '' },
      {
        // In one cell, so that an entry fits on a line of 80.
        text: `${entry.type}  ${sanitizeLine(entry.summary)}`,
        paint: (line) => paintHead(line, entry.type, paint.strong),
      },
    ]),
    columns,
  );
}

/**
 * Whether anybody outside vouches for the journal, then each verdict with what it rests on and how old that
 * is, then what was found. Never one word for all of them: a journal is only as sound as its anchor.
 */
export function renderVerdicts(report: VerifyReport, style: Style, nowMs: number): string {
  const { paint, columns } = style;
  const headline = paint.strong(renderHeadline(report, nowMs));
  const verdicts = renderTable(
    report.verdicts.map(({ name, ok, anchor, anchored_at }) => [
      wordOf(ok, paint),
      { text: name, paint: paint.strong },
      {
        text:
          anchored_at === null
            ? shown(anchor)
            : `${shown(anchor)}, ${formatInstant(anchored_at)}, ${formatDistance(anchored_at, nowMs)}`,
      },
    ]),
    columns,
  );
  const findings = renderTable(
    report.findings.map(({ code, index, message }) => [
      { text: index === null ? 'journal' : `entry ${index}`, paint: paint.strong },
      { text: `${shown(message)} (${code})` },
    ]),
    columns,
  );
  return `${headline}\n\n${verdicts}${findings === '' ? '' : `\n${findings}`}`;
}

function renderHeadline(report: VerifyReport, nowMs: number): string {
  const { text, at } = headlineOf(report);
  return at === null ? shown(text) : `${shown(text)} (${formatDistance(at, nowMs)})`;
}

function wordOf(ok: boolean | null, paint: Style['paint']): Cell {
  const looks = { ok: paint.good, 'not ok': paint.bad, open: paint.quiet };
  const text = verdictWord(ok);
  return { text, paint: looks[text] };
}

/** Receipts are files named by digests: a dozen characters tell them apart. */
function shown(text: string): string {
  return sanitizeLine(text).replace(/\b([0-9a-f]{12})[0-9a-f]{20,}\b/g, '$1…');
}
