import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { whyNotSkipped, whyOutOfTurn } from '../../src/audit/judge-order.ts';
import { beginReplay, goOn } from '../../src/audit/replay.ts';
import { sha256 } from '../../src/base/digest.ts';
import type { RunId } from '../../src/base/ids.ts';
import type { Event, Recorded } from '../../src/run/events.ts';
import { planOf } from '../runbook/builders.ts';
import { runStarted, stepFinished, stepStarted } from '../support/some-events.ts';

const { plan } = planOf(`name: test
preconditions:
  - { id: p1, run: "true" }
steps:
  - { id: s1, run: "true", check: { run: "true" } }
  - { id: s2, run: "true", continue_on_error: true }
  - { id: s3, run: "true", retry: { attempts: 2 } }
  - { id: s4, run: "true", if: "true" }
finally:
  - { id: f1, run: "true" }
`);
const ids = ['p1', 's1', 's2', 's3', 's4', 'f1'];

const step = fc.constantFrom(...ids, 's1/check', 'elsewhere');
const attempt = fc.integer({ min: 1, max: 2 });

/** In any order, also where no honest program could have written it. */
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ step, attempt }).map(stepStarted),
  fc
    .record({ step, attempt, outcome: fc.constantFrom('succeeded' as const, 'failed' as const) })
    .map(({ outcome, ...at }) => endedWith(stepFinished(at), outcome)),
  fc.record({ step }).map(({ step }) => ({
    type: 'step.skipped' as const,
    data: { step, why: 'so' },
  })),
  fc.record({ step, attempt }).map((data) => ({
    type: 'step.unknown' as const,
    data: { ...data, why: 'crash' as const },
  })),
  fc.constant<Event>({
    type: 'run.resumed',
    data: { links: [{ role: 'resumer', identity: 'os:bob@web1', person: 'bob' }] },
  }),
);

function endedWith(event: Event, outcome: 'succeeded' | 'failed'): Event {
  return event.type === 'step.finished'
    ? { ...event, data: { ...event.data, outcome, failure: outcome === 'failed' ? 'exit' : null } }
    : event;
}

test('whose turn it is does not depend on what was found before', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      let replay = beginReplay(recorded(0, runStarted({ steps: listed() })), plan);
      for (const [at, each] of inTurn(events).entries()) {
        const shown = { checks: new Map(), templates: new Map(), other: [] };
        replay = goOn(replay, recorded(at + 1, each), { shown, blobs: new Map() });
        const afresh = { ...replay, through: 0 };
        for (const id of ids) {
          expect(whyOutOfTurn(id, replay)).toBe(whyOutOfTurn(id, afresh));
          expect(whyNotSkipped(id, replay)).toBe(whyNotSkipped(id, afresh));
        }
      }
    }),
    { numRuns: 300 },
  );
});

/** Some steps go well first, so that there is something to take back. */
function inTurn(events: readonly Event[]): readonly Event[] {
  const well = ids
    .slice(0, events.length % 5)
    .flatMap((each) => [stepStarted({ step: each }), stepFinished({ step: each })]);
  return [...well, ...events];
}

function listed(): readonly {
  id: string;
  list: 'preconditions' | 'steps' | 'finally';
  privileged: boolean;
}[] {
  return [...plan.preconditions, ...plan.steps, ...plan.finally].map(({ id, list }) => ({
    id,
    list,
    privileged: false,
  }));
}

function recorded(seq: number, event: Event): Recorded {
  const time = '2026-03-02T09:00:00.000Z';
  return { seq, time, run: 'r1' as RunId, event, hash: sha256(String(seq)) };
}
