import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newRequestId, type RequestId } from '../../src/base/ids.ts';
import type { Event } from '../../src/run/events.ts';
import { type Due, next } from '../../src/run/next.ts';
import { type Attempt, apply, type RunState } from '../../src/run/state.ts';
import { usesOf } from '../../src/run/together.ts';
import { stepFinished, stepStarted } from '../support/some-events.ts';
import {
  begin,
  cancelled,
  decision,
  finished,
  fold,
  ids,
  nowOf,
  plan,
  privileged,
  record,
  requested,
  requestedTogether,
  resolved,
  resumed,
  together,
  unknown,
} from './walked-run.ts';

const requestIds = [newRequestId(), newRequestId(), newRequestId()] as const;
const aStep = fc.constantFrom(...ids, 'ghost', 'restart/check');
const anAttempt = fc.integer({ min: 1, max: 3 });
const aRequest = fc.constantFrom(...requestIds);
const aVoter = fc.constantFrom('ana', 'bo', 'cy', 'di', 'nobody');
const aChoice = fc.constantFrom('approve' as const, 'reject' as const, 'revoke' as const);

/** Any event of a run, whether it makes sense there or not. */
const anEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.tuple(aStep, anAttempt).map(([step, attempt]) => stepStarted({ step, attempt })),
  fc
    .tuple(aStep, anAttempt, aRequest)
    .map(([step, attempt, request]) => stepStarted({ step, attempt, request })),
  fc
    .tuple(aStep, anAttempt, fc.constantFrom('succeeded' as const, 'failed' as const))
    .map(([step, attempt, outcome]) => finished(step, attempt, outcome)),
  fc.tuple(aStep, anAttempt).map(([step, attempt]) => unknown(step, attempt)),
  fc
    .tuple(
      aStep,
      anAttempt,
      fc.constantFrom('succeeded' as const, 'failed' as const, 'retry' as const),
    )
    .map(([step, attempt, outcome]) => resolved(step, attempt, outcome)),
  fc.tuple(aStep, aRequest).map(([step, request]) => requested(step, request)),
  aRequest.map(requestedTogether),
  fc
    .tuple(aRequest, aVoter, aChoice)
    .map(([request, person, choice]) => decision(request, person, choice)),
  fc
    .tuple(aRequest, fc.constantFrom('pending' as const, 'unused' as const))
    .map(([request, which]): Event => ({ type: 'approval.expired', data: { request, which } })),
  aRequest.map(
    (request): Event => ({
      type: 'approval.superseded',
      data: { request, changes: ['x'] },
    }),
  ),
  aStep.map((step): Event => ({ type: 'step.skipped', data: { step, why: 'x' } })),
  fc.constantFrom(cancelled, resumed),
);

const aPlan = fc.constantFrom(plan, together);

const isOpen = ({ finished: end, unknown: why, resolved: word }: Attempt): boolean =>
  word === null && (why !== null || end === null);

function expectSafe(state: RunState, due: Due): void {
  if (due.kind !== 'attempt' && due.kind !== 'claim') {
    return;
  }
  const attempts = state.steps.get(due.step.id)?.attempts ?? [];
  expect(due.attempt).toBe(attempts.length + 1);
  expect(attempts.slice(-1).filter(isOpen)).toEqual([]);
  const running = [...state.steps.values()].filter(({ attempts: all }) => {
    const last = all.at(-1);
    return last !== undefined && isOpen(last) && last.unknown === null;
  });
  expect(running.filter(({ skipped, denied }) => skipped === null && denied === null)).toEqual([]);
  if (due.kind === 'claim') {
    expect(nowOf(state).judge(due.request).kind).toBe('granted');
    expect(due.request.content.commands.map(({ step }) => step)).toContain(due.step.id);
    expect(due.request.closed).toBeNull();
    const { made, allowed } = usesOf(state, due.request, due.step.id);
    expect(made).toBeLessThan(allowed);
  }
}

describe('whatever entries a run has', () => {
  const anything = fc.array(anEvent, { maxLength: 30 });

  test('each counts once, and what is due is never a start that could be a second one', () => {
    fc.assert(
      fc.property(anything, fc.boolean(), aPlan, (events, hurry, walked) => {
        let state = begin();
        for (const event of events) {
          const before = state.version;
          state = apply(state, record(before, event));
          expect(state.version).toBe(before + 1);
          expectSafe(state, next(state, walked, nowOf(state, hurry)));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('once it has ended, nothing is due', () => {
    fc.assert(
      fc.property(anything, anything, (before, after) => {
        const end: Event = { type: 'run.finished', data: { status: 'failed', exit_code: 1 } };
        const state = fold([...before, end, ...after]);
        expect(next(state, plan, nowOf(state))).toEqual({ kind: 'done', result: end.data });
      }),
    );
  });
});

test('in which order independent decisions arrive does not matter', () => {
  const [request] = requestIds;
  const asked = [
    stepStarted({ step: 'allowed' }),
    stepFinished({ step: 'allowed' }),
    stepStarted({ step: 'look' }),
    stepFinished({ step: 'look' }),
    requested('restart', request),
  ];
  const votes = fc
    .uniqueArray(fc.constantFrom('ana', 'bo', 'cy', 'di'), { minLength: 1 })
    .chain((voters) =>
      fc.tuple(
        ...voters.map((person) =>
          fc
            .constantFrom('approve' as const, 'reject' as const)
            .map((choice) => decision(request, person, choice)),
        ),
      ),
    );
  const shuffled = votes.chain((list) =>
    fc.tuple(
      fc.constant(list),
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      const dueAfter = (list: readonly Event[]) => {
        const state = fold([...asked, ...list]);
        return next(state, plan, nowOf(state)).kind;
      };
      expect(dueAfter(other)).toBe(dueAfter(one));
    }),
  );
});

/** Does what is due as the engine would, and lets chance decide what people, processes and crashes do. */
function answerOf(due: Due, chance: number): Event | null {
  const dice = <Value>(...values: readonly [Value, ...Value[]]): Value =>
    values[Math.floor(chance * values.length)] ?? values[0];
  switch (due.kind) {
    case 'attempt':
      if (!privileged.has(due.step.id)) {
        return stepStarted({ step: due.step.id, attempt: due.attempt });
      }
      return due.mayAsk
        ? requested(due.step.id, newRequestId())
        : { type: 'step.skipped', data: { step: due.step.id, why: 'x' } };
    case 'claim': {
      const { id } = due.request.content;
      return stepStarted({ step: due.step.id, attempt: due.attempt, request: id });
    }
    case 'ask_together':
      return requestedTogether(newRequestId());
    case 'settle': {
      const { attempt } = due.attempt;
      return dice(
        finished(due.step.id, attempt, 'succeeded'),
        finished(due.step.id, attempt, 'failed'),
        unknown(due.step.id, attempt),
      );
    }
    case 'unknown': {
      const settled = dice('succeeded' as const, 'failed' as const, 'retry' as const);
      return dice<Event>(resolved(due.step.id, due.attempt.attempt, settled), cancelled);
    }
    case 'await': {
      const { id } = due.request.content;
      const choice = chance > 0.9 ? 'reject' : 'approve';
      return dice(decision(id, 'bo', choice), decision(id, 'cy', choice), expiredOf(id));
    }
    case 'expire':
      return expiredOf(due.request.content.id);
    case 'expired':
      return resumed;
    case 'skip':
      return { type: 'step.skipped', data: { step: due.step.id, why: due.why } };
    case 'finish':
      return { type: 'run.finished', data: due.result };
    case 'ask_manual':
      return { type: 'manual.asked', data: { step: due.step.id, attempt: due.attempt, text: 'x' } };
    case 'await_manual':
      return cancelled;
    case 'give_up':
      return finished(due.step.id, due.attempt, 'failed');
    case 'scheduled':
    case 'delay':
      // Time passes with entries here.
      return resumed;
    case 'done':
      return null;
  }
}

const expiredOf = (request: RequestId): Event => ({
  type: 'approval.expired',
  data: { request, which: 'pending' },
});

test('doing what is due ends every run, and no start is made twice', () => {
  const chances = fc.array(fc.double({ min: 0, max: 0.99, noNaN: true }), { maxLength: 100 });
  fc.assert(
    fc.property(chances, aPlan, (luck, walked) => {
      let state = begin();
      const starts: string[] = [];
      for (let turn = 0; turn < 200; turn += 1) {
        const due = next(state, walked, nowOf(state));
        expectSafe(state, due);
        // When luck has run out, everybody agrees and everything works.
        const event = answerOf(due, luck[turn] ?? (turn % 2) * 0.4);
        if (event === null) {
          expect(starts).toEqual([...new Set(starts)]);
          return;
        }
        if (event.type === 'step.started') {
          starts.push(`${event.data.step} ${event.data.attempt}`);
        }
        state = apply(state, record(state.version, event));
      }
      throw new Error('it never ends');
    }),
    { numRuns: 300 },
  );
});

test('where approvals are asked together, nothing is started before they are given', () => {
  const votes = fc.array(fc.tuple(aVoter, aChoice), { maxLength: 6 });
  fc.assert(
    fc.property(votes, (list) => {
      const [request] = requestIds;
      const state = fold([
        requestedTogether(request),
        ...list.map(([person, choice]) => decision(request, person, choice)),
      ]);
      const asked = state.requests.get(request);
      const due = next(state, together, nowOf(state));
      const isGranted = asked !== undefined && nowOf(state).judge(asked).kind === 'granted';
      expect(due.kind === 'attempt' && due.step.id === 'allowed').toBe(isGranted);
      expect(isGranted || ['await', 'expire', 'finish', 'attempt'].includes(due.kind)).toBe(true);
      // After a no the first step that runs is one of `finally`.
      expect(isGranted || due.kind !== 'attempt' || due.step.list === 'finally').toBe(true);
    }),
  );
});
