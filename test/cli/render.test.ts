import { describe, expect, test } from 'vitest';
import { plainPaint } from '../../src/cli/paint.ts';
import { renderAuditLog, renderVerdicts } from '../../src/cli/render/audit.ts';
import { describeMissing } from '../../src/cli/render/missing.ts';
import { renderRunReport } from '../../src/cli/render/run-report.ts';
import { formatDistance, formatInstant, formatSpan } from '../../src/cli/render/span.ts';
import { renderTable } from '../../src/cli/render/table.ts';
import type { AuditLine } from '../../src/engine/reports.ts';
import type { VerifyReport } from '../../src/engine/verify.ts';
import { aReport, aRunId } from './builders.ts';
import { fixedMs } from './scene.ts';

const at = (columns: number) => ({ paint: plainPaint, columns });

describe('times', () => {
  test('measured ones are short', () => {
    const spans = [0, 90, 2140, 9949, 42_000, 64_000, 7_380_000, 277_200_000].map(formatSpan);
    expect(spans).toEqual(['0.0s', '0.1s', '2.1s', '9.9s', '42s', '1m 04s', '2h 03m', '3d 5h']);
  });

  test('distances are in one unit, rounded down', () => {
    expect(formatDistance('2026-03-01T10:24:59.000Z', fixedMs)).toBe('in 24m 59s');
    expect(formatDistance('2026-03-31T09:59:59.200Z', fixedMs)).toBe('in 30d');
    expect(formatDistance('2026-03-01T10:59:59.200Z', fixedMs)).toBe('in 1h');
    expect(formatDistance('2026-03-01T10:00:00.300Z', fixedMs)).toBe('in 1s');
    expect(formatDistance('2026-03-01T09:59:48.000Z', fixedMs)).toBe('12s ago');
    expect(formatDistance('2026-02-27T09:00:00.000Z', fixedMs)).toBe('2d ago');
  });

  test('instants are in UTC, to the second', () => {
    expect(formatInstant('2026-03-01T10:00:00.123Z')).toBe('2026-03-01 10:00:00Z');
  });
});

describe('a table', () => {
  const rows = [
    [{ text: 'restart-cluster' }, { text: 'Restart every node of the cluster, one at a time.' }],
    [{ text: 'hello' }, { text: 'Say hello.' }],
  ];

  test('wraps its last column at the window', () => {
    expect(renderTable(rows, 60)).toMatchInlineSnapshot(`
      "restart-cluster  Restart every node of the cluster, one at a
                       time.
      hello            Say hello.
      "
    `);
  });

  test('sets it below where the window is narrow', () => {
    expect(renderTable(rows, 30)).toMatchInlineSnapshot(`
      "restart-cluster
          Restart every node of the
          cluster, one at a time.
      hello
          Say hello.
      "
    `);
  });

  test('breaks no word that fits below', () => {
    const words = [[{ text: 'request' }, { text: 'amber-canoe-tiger-violin-1f3a9c04' }]];
    expect(renderTable(words, 40)).toBe('request\n    amber-canoe-tiger-violin-1f3a9c04\n');
    expect(renderTable(words, 42)).toBe('request  amber-canoe-tiger-violin-1f3a9c04\n');
  });

  test('goes on in the next line where even its first columns are too wide', () => {
    const run = [
      { text: '4f7k2m9x1c3v8b6n' },
      { text: 'waiting' },
      { text: 'restart-cluster' },
      { text: 'demo' },
      { text: '2026-03-01 10:00:00Z os:ana@web1' },
    ];
    expect(renderTable([run], 40)).toMatchInlineSnapshot(`
      "4f7k2m9x1c3v8b6n  waiting
          restart-cluster  demo
          2026-03-01 10:00:00Z os:ana@web1
      "
    `);
  });

  test('measures wide characters as a terminal does', () => {
    const wide = [
      [{ text: '日本' }, { text: 'x' }],
      [{ text: 'abcd' }, { text: 'y' }],
    ];
    expect(renderTable(wide, 80)).toBe('日本  x\nabcd  y\n');
  });

  test('without rows is nothing', () => {
    expect(renderTable([], 80)).toBe('');
  });
});

test('who is missing is said in words', () => {
  expect(describeMissing([])).toBe(null);
  expect(describeMissing([{ slot: 'floor', count: 1, from: ['*'] }])).toBe('another person');
  expect(
    describeMissing([
      { slot: 'floor', count: 2, from: ['*'] },
      { slot: 'prod/owner', count: 1, from: ['group:sre', 'robin'] },
    ]),
  ).toBe('2 other people, and 1 of group:sre, robin');
});

describe('where a run stands', () => {
  test('shows steps, the open request and what to do next', () => {
    expect(renderRunReport(aReport(), at(80), fixedMs)).toMatchInlineSnapshot(`
      "restart-cluster in demo, run 4f7k2m9x1c3v8b6n
      waiting: \`restart\` waits for approval

        succeeded  health   0.1s, leader=a
        waiting    restart
        pending    verify

      request  amber-canoe-tiger-violin-1f3a9c04
      step     restart
      needs    another person
      expires  in 24m

      next: runbook approve amber-canoe-tiger-violin-1f3a9c04 --key ~/.ssh/id_ed25519
      "
    `);
  });

  test('fits 40 columns; only what is pasted stays whole', () => {
    const text = renderRunReport(aReport(), at(40), fixedMs);
    expect(text).toMatchInlineSnapshot(`
      "restart-cluster in demo, run
      4f7k2m9x1c3v8b6n
      waiting: \`restart\` waits for approval

        succeeded  health   0.1s, leader=a
        waiting    restart
        pending    verify

      request
          amber-canoe-tiger-violin-1f3a9c04
      step
          restart
      needs
          another person
      expires
          in 24m

      next: runbook approve amber-canoe-tiger-violin-1f3a9c04 --key ~/.ssh/id_ed25519
      "
    `);
    const long = text.split('\n').filter((line) => line.length > 40);
    expect(long.every((line) => line.startsWith('next'))).toBe(true);
  });
});

test('an entry of the journal fits on a line of 80', () => {
  const entry: AuditLine = {
    index: 13,
    time: '2026-03-01T10:00:00.000Z',
    type: 'step.started',
    run: aRunId,
    summary: 'change attempt 1, under policy',
    hash: '00'.repeat(32),
  };
  expect(renderAuditLog([entry], at(80))).toMatchInlineSnapshot(`
    "13  2026-03-01 10:00:00Z  4f7k2m9x  step.started  change attempt 1, under policy
    "
  `);
  expect(renderAuditLog([entry], at(40))).toMatchInlineSnapshot(`
    "13  2026-03-01 10:00:00Z  4f7k2m9x
        step.started  change attempt 1,
        under policy
    "
  `);
});

test('receipts are told apart by how their names begin', () => {
  const file = `${'8122173c43e2'.padEnd(64, '0')}.json`;
  const verdict = { name: 'completeness', ok: true, anchored_at: null } as const;
  const report: VerifyReport = {
    verdicts: [{ ...verdict, anchor: `size=17 of 21 by=receipt ${file}; the 4 entries since` }],
    findings: [{ code: 'E_FORK', index: null, message: `receipt ${file}: the log was rewritten` }],
    exit_code: 14,
  };
  expect(renderVerdicts(report, at(80), fixedMs)).toMatchInlineSnapshot(`
    "ANCHORED size=17 of 21 by=receipt 8122173c43e2….json at=unknown

    ok  completeness  size=17 of 21 by=receipt 8122173c43e2….json; the 4 entries
                      since

    journal  receipt 8122173c43e2….json: the log was rewritten (E_FORK)
    "
  `);
});

test('verdicts are separate, each with its anchor and the age of it', () => {
  const report: VerifyReport = {
    verdicts: [
      {
        name: 'integrity',
        ok: true,
        anchor: 'head of 12 entries',
        anchored_at: '2026-03-01T09:59:00.000Z',
      },
      { name: 'completeness', ok: true, anchor: 'self-consistent only', anchored_at: null },
      {
        name: 'authorization',
        ok: false,
        anchor: 'policy and people in the journal',
        anchored_at: null,
      },
    ],
    findings: [
      { code: 'E_UNAPPROVED', index: 7, message: 'step `restart` started without a grant' },
    ],
    exit_code: 14,
  };
  expect(renderVerdicts(report, at(80), fixedMs)).toMatchInlineSnapshot(`
    "FAILED authorization

    ok      integrity      head of 12 entries, 2026-03-01 09:59:00Z, 1m ago
    ok      completeness   self-consistent only
    not ok  authorization  policy and people in the journal

    entry 7  step \`restart\` started without a grant (E_UNAPPROVED)
    "
  `);
});
