import { describe, expect, test } from 'vitest';
import type { Blob } from '../../src/audit/exhibit.ts';
import type { Finding } from '../../src/audit/finding.ts';
import { openRedactions, type Redactions } from '../../src/audit/redactions.ts';
import { sha256 } from '../../src/base/digest.ts';
import { type BlobId, newRunId } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import { runStarted, stepStarted } from '../support/some-events.ts';

const run = newRunId();
const blob = (name: string): BlobId => sha256(name) as string as BlobId;
const plan = blob('plan');

function open(): {
  redactions: Redactions;
  findings: Finding[];
  add: (seq: number, event: Event) => void;
} {
  const findings: Finding[] = [];
  const redactions = openRedactions((finding) => findings.push(finding));
  return {
    redactions,
    findings,
    add: (seq, event) => {
      const time = '2026-03-01T00:00:00.000Z';
      const missing: ReadonlyMap<BlobId, Blob> = new Map([[plan, { state: 'missing' }]]);
      const own = event.type.startsWith('run.') || event.type.startsWith('step.') ? run : null;
      redactions.add({ seq, time, run: own, event, hash: sha256(String(seq)) }, missing);
    },
  };
}

const erased = (...blobs: readonly BlobId[]): Event => ({
  type: 'content.erased',
  data: { blobs, openings: [], reason: 'asked for', by: 'os:ana@web1' },
});

const pruned = (...ranges: readonly (readonly [number, number])[]): Event => ({
  type: 'log.pruned',
  data: {
    before: 9,
    count: ranges.reduce((sum, [from, to]) => sum + to - from, 0),
    runs: [{ run, status: 'succeeded', ranges }],
    reason: 'old',
    by: 'os:ana@web1',
    person: 'ana',
  },
});

const unapproved: Finding = {
  verdict: 'authorization',
  code: 'E_UNAPPROVED_EXECUTION',
  index: 2,
  message: 'the plan has no such step',
};

function conclude({
  redactions,
  findings,
}: ReturnType<typeof open>): readonly (readonly [string, number | null])[] {
  redactions.conclude((finding) => findings.push(finding));
  return findings.map(({ code, index }) => [code, index]);
}

describe('content that is missing', () => {
  test('is a finding at the entry that names it, where no entry says that it was erased', () => {
    const audit = open();
    audit.add(1, runStarted({ plan }));
    audit.add(2, erased(blob('other')));
    expect(conclude(audit)).toEqual([['E_BLOB_MISSING', 1]]);
  });

  test.each([
    ['before', [5, 1]],
    ['after', [1, 5]],
  ])(
    'is a warning at the entry that erased it, also where that comes %s',
    (_when, [named, said]) => {
      const audit = open();
      const entries: readonly (readonly [number, Event])[] = [
        [named ?? 0, runStarted({ plan })],
        [said ?? 0, erased(plan)],
      ];
      for (const [seq, event] of [...entries].sort(([one], [other]) => one - other)) {
        audit.add(seq, event);
      }
      expect(conclude(audit)).toEqual([['W_REDACTED', said]]);
    },
  );

  test('is allowed to be missing where its entry may be pruned, and is not yet', () => {
    const audit = open();
    audit.add(1, runStarted({ plan }));
    audit.add(9, pruned([1, 4]));
    expect(conclude(audit)).toEqual([]);
  });
});

describe('what follows from it', () => {
  test('is one warning for the run where it was erased', () => {
    const audit = open();
    audit.add(1, runStarted({ plan }));
    audit.add(2, stepStarted());
    audit.redactions.judge(unapproved, plan);
    audit.add(3, erased(plan));
    expect(conclude(audit)).toEqual([
      ['W_REDACTED', 3],
      ['W_REDACTED', 2],
    ]);
  });

  test('is found as it is where nobody erased it', () => {
    const audit = open();
    audit.add(1, runStarted({ plan }));
    audit.add(2, stepStarted());
    audit.redactions.judge(unapproved, plan);
    expect(conclude(audit)).toEqual([
      ['E_BLOB_MISSING', 1],
      ['E_UNAPPROVED_EXECUTION', 2],
    ]);
  });

  test('is not what shows without it', () => {
    const audit = open();
    audit.add(1, runStarted({ plan }));
    audit.add(2, stepStarted());
    audit.redactions.judge(unapproved);
    audit.redactions.judge(unapproved, blob('there'));
    audit.add(3, erased(plan, blob('there')));
    expect(conclude(audit)).toEqual([
      ['E_UNAPPROVED_EXECUTION', 2],
      ['E_UNAPPROVED_EXECUTION', 2],
      ['W_REDACTED', 3],
    ]);
  });

  test('leaves a start unjudged, unless it is judged by what else is there', () => {
    const audit = open();
    audit.add(1, runStarted({ plan }));
    audit.redactions.judge({ ...unapproved, code: 'E_NO_PLAN', index: 1 }, plan);
    audit.add(2, stepStarted());
    audit.redactions.judge(unapproved, plan);
    audit.redactions.judge({ ...unapproved, code: 'E_COMMAND_CHANGED' }, plan);
    audit.add(3, erased(plan));
    expect(audit.redactions.conclude(() => undefined)).toBe(1);
  });
});

describe('a leaf without its entry', () => {
  test('is a warning where a later entry names it, and a finding where none does', () => {
    const audit = open();
    for (const seq of [1, 2, 3, 7]) {
      audit.redactions.addPruned(seq);
    }
    audit.add(9, pruned([1, 3], [7, 8]));
    expect(conclude(audit)).toEqual([
      ['E_SEQ', 3],
      ['W_REDACTED', 9],
    ]);
  });

  test('is not excused by an entry that comes before it', () => {
    const audit = open();
    audit.add(4, pruned([1, 8]));
    audit.redactions.addPruned(7);
    expect(conclude(audit)).toEqual([
      ['E_SEQ', 7],
      ['E_PRUNED', 4],
    ]);
  });
});

test('an entry of any shape excuses nothing, and stops nobody', () => {
  const audit = open();
  audit.add(1, runStarted({ plan }));
  for (const data of [null, {}, { blobs: 7 }, { runs: [null] }]) {
    audit.add(2, { type: 'content.erased', data } as unknown as Event);
    audit.add(3, { type: 'log.pruned', data } as unknown as Event);
  }
  expect(conclude(audit)).toEqual([['E_BLOB_MISSING', 1]]);
});
