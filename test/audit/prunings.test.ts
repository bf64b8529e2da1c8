import { describe, expect, test } from 'vitest';
import type { Blob } from '../../src/audit/exhibit.ts';
import { openPrunings } from '../../src/audit/prunings.ts';
import { sha256 } from '../../src/base/digest.ts';
import { type BlobId, newRequestId, newRunId, type RunId } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import { configSet, runFinished, runStarted, stepStarted } from '../support/some-events.ts';

const [run, other] = [newRunId(), newRunId()];
const day = 86_400_000;
const begin = Date.parse('2026-01-01T00:00:00Z');
const keep = (text: string): Blob => ({ state: 'ok', bytes: Buffer.from(text) });

type Named = readonly [run: RunId, ...ranges: (readonly [number, number])[]];

interface Said {
  readonly seq: number;
  readonly event: Event;
  readonly run?: RunId;
  /** Days after the first entry. */
  readonly at?: number;
}

const pruned = (...runs: readonly Named[]): Event => ({
  type: 'log.pruned',
  data: {
    before: 9,
    count: 2,
    runs: runs.map(([each, ...ranges]) => ({ run: each, status: 'succeeded', ranges })),
    reason: 'old',
    by: 'os:ana@web1',
    person: 'ana',
  },
});

/** What is found where these entries can be read, and of others only the hash is there. */
function found(
  entries: readonly Said[],
  leaves: readonly number[],
  config = '',
): readonly string[] {
  const prunings = openPrunings();
  for (const { seq, event, run: own = null, at = 0 } of entries) {
    const time = new Date(begin + at * day).toISOString();
    const blob = event.type === 'config.set' ? event.data.config : ('' as string as BlobId);
    prunings.add(
      { seq, event, run: own, time, hash: sha256(String(seq)) },
      new Map([[blob, keep(config)]]),
    );
  }
  for (const leaf of leaves) {
    prunings.addLeaf(leaf);
  }
  const findings: string[] = [];
  prunings.conclude(({ code, index, message }) => {
    if (code !== 'W_REDACTED') {
      findings.push(`${code}@${index} ${message.replace(/.*: /, '')}`);
    }
  });
  return findings;
}

const config: Said = { seq: 1, event: configSet() };

describe('a pruning', () => {
  test('of a whole run that ended long ago contradicts nothing', () => {
    const said = { seq: 9, event: pruned([run, [2, 4], [6, 7]]), at: 31 };
    expect(found([config, { seq: 4, event: runStarted(), run: other }, said], [2, 3, 6])).toEqual(
      [],
    );
  });

  test('of a run with very many parts stands in several entries', () => {
    const parts = [
      { seq: 9, event: pruned([run, [2, 3]]), at: 31 },
      { seq: 10, event: pruned([run, [5, 6]]), at: 31 },
    ];
    expect(found([config, { seq: 4, event: runStarted(), run: other }, ...parts], [2, 5])).toEqual(
      [],
    );
  });

  test('that a crash stopped contradicts nothing: the run is there as a whole', () => {
    const own = [runStarted(), runFinished()].map((event, at) => ({ seq: 2 + at, event, run }));
    expect(found([config, ...own, { seq: 9, event: pruned([run, [2, 4]]), at: 31 }], [])).toEqual(
      [],
    );
  });

  test.each<[string, Named[], readonly Said[], string]>([
    ['the first entry', [[run, [0, 4]]], [], 'entries 0 to 3 cannot be those of a run'],
    ['itself', [[run, [2, 10]]], [], 'entries 2 to 9 cannot be those of a run'],
    ['nothing', [[run, [4, 4]]], [], 'entries 4 to 3 cannot be those of a run'],
    ['one entry', [[run, [2, 3]]], [], 'a run that ended has more than one entry'],
    ['what is of no run', [[run, [1, 4]]], [], 'entry 1 is of no run'],
    [
      'what is another run’s',
      [[run, [2, 5]]],
      [{ seq: 4, event: runFinished(), run: other }],
      `entry 4 is of run ${other}`,
    ],
    [
      'part of a run',
      [[run, [2, 4]]],
      [{ seq: 5, event: runFinished(), run }],
      'entry 5 of it stays',
    ],
    [
      'a run that lent its approval to one that stays',
      [[run, [2, 4]]],
      [{ seq: 5, event: borrowed(), run: other }],
      'entry 5, which rests on an approval of it, stays',
    ],
    [
      'one entry as two runs’',
      [
        [run, [2, 4]],
        [other, [3, 5]],
      ],
      [],
      'it shares an entry with another run',
    ],
  ])('of %s is found', (_what, runs, more, why) => {
    const said = { seq: 9, event: pruned(...runs), at: 31 };
    const findings = found([config, ...more, said], [2, 3]);
    expect(findings).toContain(`E_PRUNED@9 ${why}`);
  });

  test('of a run that had to stay longer is found, by the configuration then in force', () => {
    const said = (at: number) => [config, { seq: 9, event: pruned([run, [2, 4]]), at }];
    const young = 'E_PRUNED@9 it ended less than 90d before, for which runs had to stay whole';
    expect(found(said(89), [2, 3], 'retention: { keep: 90d }')).toEqual([young]);
    expect(found(said(91), [2, 3], 'retention: { keep: 90d }')).toEqual([]);
    expect(found(said(1), [2, 3], 'retention: { keep: 1d }')).toEqual([]);
  });
});

function borrowed(): Event {
  const event = stepStarted({ request: newRequestId() });
  return event.type === 'step.started' && event.data.permit.kind === 'grant'
    ? { ...event, data: { ...event.data, permit: { ...event.data.permit, lent_by: run } } }
    : event;
}
