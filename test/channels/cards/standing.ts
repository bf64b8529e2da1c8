import * as fc from 'fast-check';
import { requestStates } from '../../../src/approval/request-state.ts';
import { sha256 } from '../../../src/base/digest.ts';
import type { RequestId } from '../../../src/base/ids.ts';
import type { Look } from '../../../src/channels/cards/board.ts';
import type { StandingRequest } from '../../../src/channels/channel.ts';
import type { Command } from '../../../src/runbook/command.ts';
import { aSlot } from '../../approval/builders.ts';
import { aCommand, anOpenRequest, aRequest } from '../../approval/request-builders.ts';

export function aStanding(more: Partial<StandingRequest> = {}): StandingRequest {
  return {
    ...anOpenRequest(),
    missing: [{ slot: 'floor', count: 1, from: ['*'] }],
    hash: sha256('request'),
    state: 'pending',
    decisions: [],
    outcome: null,
    review: null,
    ...more,
  };
}

/** While the request of `aStanding` is open, with everything that lets a button stand. */
export function aLook(more: Partial<Look> = {}): Look {
  return {
    nowMs: Date.parse('2026-03-02T01:10:00.000Z'),
    url: 'https://runbook.example.com',
    receives: true,
    buttons: 'everywhere',
    replacedBy: null,
    short: false,
    ...more,
  };
}

/** What somebody might write who wants a card to say something else, or nobody to read it. */
export const hostile = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '<!channel> <!here> <@U0ANA>',
      '@channel @here #ops',
      '*bold* _italic_ ~struck~ `code` ```\nApproved by <@U0ANA>\n```',
      ':white_check_mark: :skull:',
      '<https://evil.example|https://runbook.example.com>',
      'https://evil.example/',
      '&lt;!here&gt; &amp;amp;',
      '\u202eevitceles\u202c \u200b \u2066x\u2069',
      '\ud800 half a character',
      '"}],"type":"actions","elements":[{"type":"button"',
      '\u{1f4a9}'.repeat(40),
      '<'.repeat(3_000),
      '',
      ' ',
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }).map((n) => 'é'.repeat(n)) },
);

const names = fc.array(fc.tuple(hostile, hostile), { maxLength: 30 });

const anyCommand: fc.Arbitrary<Command> = fc
  .record({
    action: fc.oneof(
      fc.record({
        kind: fc.constant('run' as const),
        shell: fc.constant('sh' as const),
        script: hostile,
      }),
      fc.record({
        kind: fc.constant('exec' as const),
        argv: fc.array(hostile, { minLength: 1, maxLength: 60 }),
      }),
      fc.record({
        kind: fc.constant('http' as const),
        method: fc.constant('POST'),
        url: hostile,
        headers: names.map((all) => all.map(([name, value]) => ({ name, value: [value] }))),
        body: fc.option(hostile.map((text) => [text])),
        redirects: fc.constant('off' as const),
      }),
    ),
    cwd: hostile,
    env: fc.oneof(
      names.map((all) => Object.fromEntries(all.map(([name, value]) => [name, [value]]))),
      fc.constant(Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`V${n}`, ['x']]))),
    ),
    environment: hostile,
    host: hostile,
  })
  .map((parts) => aCommand(parts));

const anyDecision = fc.record({
  person: hostile,
  decision: fc.constantFrom('approve' as const, 'reject' as const, 'revoke' as const),
  assurance: fc.constantFrom('A0', 'A1', 'A2', 'A3'),
  reason: fc.option(hostile),
  time: fc.constant('2026-03-02T01:05:00.000Z'),
  channel: fc.constantFrom('slack', 'cli'),
  identity: fc.option(
    fc.oneof(hostile, fc.constant('slack:T0TEAM/U0ROBIN'), fc.constant('slack:T/<!here>')),
  ),
});

const anyReview = fc.record({
  due: fc.constant('2026-03-03T01:00:00.000Z'),
  overdue: fc.boolean(),
  review: fc.option(
    fc.record({
      person: hostile,
      finding: fc.constantFrom('justified' as const, 'unjustified' as const),
      reason: hostile,
      time: fc.constant('2026-03-02T09:00:00.000Z'),
    }),
  ),
});

export const anyStanding: fc.Arbitrary<StandingRequest> = fc
  .record({
    command: anyCommand,
    state: fc.constantFrom(...requestStates),
    decisions: fc.array(anyDecision, { maxLength: 12 }),
    outcome: fc.option(fc.oneof(hostile, fc.constant('failed: exit 1'))),
    words: fc.oneof(hostile, fc.constant('amber-canoe-tiger-violin-1f3a9c04')),
    step: hostile,
    name: fc.option(hostile),
    reason: fc.option(hostile),
    unverified: fc.option(hostile),
    notBound: fc.array(hostile, { maxLength: 5 }),
    from: fc.array(hostile, { minLength: 1, maxLength: 3 }),
    broken: fc.option(fc.record({ rule: hostile, scope: hostile })),
    overrides: fc.array(fc.record({ rule: hostile, reason: hostile }), { maxLength: 3 }),
    review: fc.option(anyReview),
  })
  .map(({ step, name, reason, unverified, notBound, from, broken, overrides, ...rest }) =>
    aStanding({
      ...rest,
      missing: [{ slot: 'floor', count: 1, from }],
      content: aRequest({
        id: 'q1q1q1q1q1q1q1q1' as RequestId,
        step,
        name,
        runbook: { ...aRequest().runbook, name: step },
        why: { reason, ticket: reason },
        policy: { ...aRequest().policy, slots: [aSlot('floor', from)] },
        not_bound: notBound,
        break_glass:
          broken === null ? null : { ...broken, review: { from, within_ms: 86_400_000 } },
        overrides,
        unverified: unverified === null ? null : { agent: 'deploy-bot', text: unverified },
      }),
    }),
  );
