import { describe, expect, test } from 'vitest';
import { controls, controlsOf, frameworks, matters } from '../../src/audit/controls.ts';
import { buildControlReport } from '../../src/audit/report/build-control-report.ts';
import type { ControlReport } from '../../src/audit/report/control-report.ts';
import { openPeriod } from '../../src/audit/report/period.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newRequestId, newRunId, type RunId } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import {
  approvalRequested,
  configSet,
  decided,
  runFinished,
  runStarted,
  stepStarted,
  stepUnknown,
} from '../support/some-events.ts';

const run = newRunId();
const request = newRequestId();

/** An entry each day of March, in this order. */
function report(
  events: readonly Event[],
  period: { readonly from?: string; readonly to?: string } = {},
  findings: Parameters<typeof buildControlReport>[0]['findings'] = [],
): ControlReport {
  const { from = null, to = null } = period;
  const fold = openPeriod({ from, to });
  events.forEach((event, seq) => {
    const time = `2026-03-${String(seq + 1).padStart(2, '0')}T00:00:00.000Z`;
    fold.add({ seq, time, run: runOf(event), event, hash: sha256(String(seq)) });
  });
  return buildControlReport({
    framework: 'soc2',
    origin: 'runbook.example/test',
    size: events.length,
    from,
    to,
    period: fold.end(Date.parse('2026-04-01T00:00:00.000Z')),
    verdicts: [],
    findings,
  });
}

function runOf({ type }: Event): RunId | null {
  return type === 'config.set' ? null : run;
}

function matterOf(of: ControlReport, name: string): ControlReport['matters'][number] {
  const found = of.matters.find(({ matter }) => matter === name);
  if (found === undefined) {
    throw new Error(name);
  }
  return found;
}

const story: readonly Event[] = [
  configSet(),
  runStarted(),
  approvalRequested(run, request),
  decided(request),
  stepStarted({ request }),
  stepUnknown(),
  runFinished(),
];

describe('a report', () => {
  test('counts what there was, and names the entries', () => {
    const approval = matterOf(report(story), 'approval');
    expect(approval.population).toEqual({ what: 'privileged steps that were started', count: 1 });
    expect(approval.evidence).toContainEqual({
      what: 'privileged steps started under an approval',
      count: 1,
      indexes: [4],
    });
    expect(matterOf(report(story), 'identity').evidence[0]).toMatchObject({
      count: 1,
      indexes: [3],
    });
    expect(matterOf(report(story), 'separation').evidence.at(-1)).toMatchObject({
      what: 'people who approved (bo)',
    });
  });

  test('lists every exception by itself', () => {
    expect(matterOf(report(story), 'records').exceptions).toEqual([
      { index: 5, time: '2026-03-06T00:00:00.000Z', run, what: 'outcome unknown: restart: crash' },
    ]);
  });

  test('lists what nobody signed, and says so', () => {
    const attested = story.map((event) =>
      event.type === 'approval.decided'
        ? { ...event, data: { ...event.data, assurance: 'A0' as const } }
        : event,
    );
    expect(matterOf(report(attested), 'identity').exceptions).toEqual([
      expect.objectContaining({ index: 3, what: expect.stringMatching(/^not signed/) as string }),
    ]);
  });

  test('is about its period, and explains it by what came before', () => {
    const march = report(story, {
      from: '2026-03-05T00:00:00.000Z',
      to: '2026-03-06T00:00:00.000Z',
    });
    expect(march.entries).toEqual({ count: 1, first: 4, last: 4 });
    expect(matterOf(march, 'approval').population.count).toBe(1);
    expect(matterOf(march, 'identity').population.count).toBe(0);
  });

  test('puts each finding where its control looks for it, and none that is of another time', () => {
    const findings = [
      { code: 'E_SELF_APPROVAL', index: 3, message: 'ana stands behind the run' },
      { code: 'E_FORK', index: null, message: 'rewritten' },
      { code: 'E_LEAF', index: 99, message: 'later' },
    ];
    const found = report(story, {}, findings);
    expect(matterOf(found, 'separation').exceptions.map(({ what }) => what)).toEqual([
      'ana stands behind the run (E_SELF_APPROVAL)',
    ]);
    expect(matterOf(found, 'protection').exceptions).toHaveLength(1);
    expect(matterOf(found, 'records').exceptions).toHaveLength(1);
  });

  test('says of every matter what it does not prove', () => {
    for (const { not_proven } of report(story).matters) {
      expect(not_proven.length).toBeGreaterThan(0);
    }
  });

  test('is the same for the same entries', () => {
    expect(report(story)).toEqual(report(story));
  });
});

describe('break-glass', () => {
  const terms = {
    rule: 'outage',
    scope: 'outage@prod',
    review: { from: ['group:sre'], within_ms: 86_400_000 },
  };
  const broken = story.map((event) => {
    if (event.type === 'approval.requested') {
      return {
        ...event,
        data: { ...event.data, break_glass: { ...terms, words: null } },
      } as unknown as Event;
    }
    if (event.type === 'step.started' && event.data.permit.kind === 'grant') {
      const permit = { ...event.data.permit, break_glass: 'outage@prod' };
      return { ...event, data: { ...event.data, permit } };
    }
    return event;
  });

  test('that nobody reviewed in time is an exception, at its start', () => {
    expect(matterOf(report(broken), 'approval').exceptions).toContainEqual(
      expect.objectContaining({
        index: 4,
        what: expect.stringContaining('nobody reviewed it by 2026-03-06T00:00:00.000Z') as string,
      }),
    );
  });
});

describe('the table of controls', () => {
  test('names each control once, and every matter is asked for', () => {
    for (const framework of frameworks) {
      const ids = controlsOf(framework).map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)]);
      expect(ids.length).toBeGreaterThan(0);
    }
    expect(
      matters.filter((matter) => !controls.some((each) => each.matters.includes(matter))),
    ).toEqual([]);
  });
});

test('an approval that somebody logged in anew for is counted as that, and never as signed', () => {
  const { type, data } = decided(request) as Extract<Event, { type: 'approval.decided' }>;
  const login = { issuer: 'https://login.example.com', client: 'runbook', token: 'x.y.z' };
  const loggedIn: Event = { type, data: { ...data, assurance: 'A2', signature: null, login } };
  const { evidence } = matterOf(report([...story, loggedIn]), 'identity');
  const countOf = (level: string) => evidence.find(({ what }) => what.includes(level));
  expect(countOf('(A2)')).toMatchObject({
    what: 'approvals logged in anew for, on an issuer’s word, not signed (A2)',
    count: 1,
  });
  expect(countOf('(A3)')?.indexes).not.toContain(story.length);
});
