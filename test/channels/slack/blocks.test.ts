import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutCard } from '../../../src/approval/card/card.ts';
import { type CardSection, textsOf } from '../../../src/approval/card/card-section.ts';
import { requestStates } from '../../../src/approval/request-state.ts';
import type { StandingRequest } from '../../../src/channels/channel.ts';
import { actionIds, parseButtonValue } from '../../../src/channels/slack/button-ids.ts';
import { messageOf, type RequestMessage } from '../../../src/channels/slack/card/message.ts';
import type { Assurance } from '../../../src/policy/policy.ts';
import { aSlot } from '../../approval/builders.ts';
import { aCommand, aRequest } from '../../approval/request-builders.ts';
import { aLook, anyStanding, aStanding } from '../cards/standing.ts';
import { problemsOfMessage } from './limits.ts';

/** Everything a reader sees, entities resolved. */
function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  if ('type' in value && 'text' in value && typeof value.text === 'string') {
    return [value.type === 'plain_text' ? unescape(value.text) : value.text];
  }
  return Object.values(value).flatMap(textsIn);
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function buttonsIn({ blocks }: RequestMessage): string[] {
  return (
    JSON.stringify(blocks)
      .match(/"action_id":"[^"]*"/g)
      ?.map((it) => it.slice(13, -1)) ?? []
  );
}

function cardTexts(standing: StandingRequest): readonly string[] {
  const card = layoutCard({ ...standing, nowMs: 0 });
  const still = card.sections.map(
    (section): CardSection =>
      section.kind === 'fields'
        ? { ...section, fields: section.fields.filter(({ label }) => label !== 'decide by') }
        : section,
  );
  return still.flatMap(textsOf).filter((text) => text !== '');
}

describe('whatever a request holds', () => {
  test('its message is one that Slack takes, and that holds no markup', () => {
    fc.assert(
      fc.property(anyStanding, fc.boolean(), (standing, short) => {
        expect(problemsOfMessage(messageOf(standing, aLook({ short })))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  test('it shows every word of the card, or has no Approve', () => {
    fc.assert(
      fc.property(anyStanding, (standing) => {
        const message = messageOf(standing, aLook());
        const shown = textsIn(message.blocks);
        const missing = cardTexts(standing).filter(
          (text) => !shown.some((it) => it === text || it.endsWith(`\n${text}`)),
        );
        expect(message.fits ? missing : []).toEqual([]);
        expect(message.fits || !buttonsIn(message).includes(actionIds.approve)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a request that waits', () => {
  test('is shown whole, with Approve, Reject and the way to the page', () => {
    const message = messageOf(aStanding(), aLook());
    expect(message.fits).toBe(true);
    expect(buttonsIn(message)).toEqual([actionIds.approve, actionIds.reject, actionIds.open]);
    expect(message.text).toBe(
      'Approval needed: restart-cluster, step restart in prod, asked for by ana, amber-canoe-tiger-violin-1f3a9c04',
    );
    expect(textsIn(message.blocks).join('\n')).toContain(
      'runbook approve amber-canoe-tiger-violin-1f3a9c04 --key',
    );
  });

  test('names in its buttons the hash of the request, and asks again with environment and command', () => {
    const standing = aStanding();
    const json = JSON.stringify(messageOf(standing, aLook()).blocks);
    const [value] = /"value":"([^"]*)"/.exec(json)?.slice(1) ?? [];
    expect(parseButtonValue(value)).toBe(standing.hash);
    expect(json).toContain('In prod: ./cluster restart a');
  });

  test('says the same at every moment while nothing changes', () => {
    const early = messageOf(aStanding(), aLook());
    const late = messageOf(aStanding(), aLook({ nowMs: Date.parse('2026-03-02T01:29:59.999Z') }));
    expect(late).toEqual(early);
  });

  test('shows expired when its time is over, though nobody has written that down', () => {
    const nowMs = Date.parse('2026-03-02T01:30:00.000Z');
    const message = messageOf(aStanding(), aLook({ nowMs }));
    expect(message.text).toMatch(/^Expired: /);
    expect(buttonsIn(message)).toEqual([actionIds.open]);
  });

  test.each([
    ['configuration wants none', aLook({ buttons: 'off' }), aStanding()],
    ['the environment is protected', aLook({ buttons: 'unprotected' }), aStanding()],
    ['no click reaches us', aLook({ receives: false }), aStanding()],
    [
      'who is missing must sign',
      aLook(),
      aStanding({
        content: aRequest({
          policy: { ...aRequest().policy, slots: [aSlot('floor', ['bob'], { assurance: 'A3' })] },
        }),
      }),
    ],
  ])('has neither button where %s', (_why, look, standing) => {
    expect(buttonsIn(messageOf(standing, look))).toEqual([actionIds.open]);
  });

  test('has buttons in an unprotected environment where configuration wants them there', () => {
    const content = aRequest({ target: { ...aRequest().target, protected: false } });
    const message = messageOf(aStanding({ content }), aLook({ buttons: 'unprotected', url: null }));
    expect(buttonsIn(message)).toEqual([actionIds.approve, actionIds.reject]);
  });
});

describe('a script that does not fit', () => {
  const script = 'echo 0123456789\n'.repeat(500);
  const long = aStanding({
    command: aCommand({ action: { kind: 'run', shell: 'sh', script } }),
  });

  test('is shown in part, which the message says, and cannot be approved there', () => {
    const message = messageOf(long, aLook());
    expect(message.fits).toBe(false);
    expect(buttonsIn(message)).toEqual([actionIds.reject, actionIds.open]);
    expect(textsIn(message.blocks).join('\n')).toContain('Too long for Slack');
    expect(textsIn(message.blocks).join('\n')).toContain('echo 0123456789\n');
  });

  test('may have a megabyte', () => {
    const huge = aCommand({
      action: { kind: 'run', shell: 'sh', script: 'echo <&>`*_\n'.repeat(95_326) },
    });
    const message = messageOf(aStanding({ command: huge }), aLook());
    expect(problemsOfMessage(message)).toEqual([]);
    expect(buttonsIn(message)).toEqual([actionIds.reject, actionIds.open]);
  });

  test('of 3,000 characters is shown whole', () => {
    const fitting = script.slice(0, 3_000);
    const message = messageOf(
      aStanding({ command: aCommand({ action: { kind: 'run', shell: 'sh', script: fitting } }) }),
      aLook(),
    );
    expect(message.fits).toBe(true);
    expect(textsIn(message.blocks)).toContain(fitting);
  });
});

describe('a request that ended', () => {
  test.each(requestStates.filter((state) => state !== 'pending' && state !== 'revoked'))(
    'is shown without buttons when it is %s',
    (state) => {
      const message = messageOf(aStanding({ state }), aLook());
      expect(buttonsIn(message)).toEqual([actionIds.open]);
    },
  );

  test('says who rejected it, by their account, and why', () => {
    const message = messageOf(
      aStanding({
        state: 'rejected',
        decisions: [
          {
            person: 'robin',
            decision: 'reject',
            assurance: 'A1',
            reason: 'not on a <Friday>',
            time: '2026-03-02T01:05:00.000Z',
            channel: 'slack',
            identity: 'slack:T0TEAM/U0ROBIN',
          },
        ],
      }),
      aLook(),
    );
    expect(message.blocks[1]).toMatchObject({
      elements: [
        {
          elements: [
            { text: 'Rejected by ' },
            { type: 'user', user_id: 'U0ROBIN' },
            { text: ' (robin)' },
            { text: ': ' },
            { text: 'not on a <Friday>', style: { code: true } },
          ],
        },
        {
          elements: [
            {
              elements: [
                { type: 'user', user_id: 'U0ROBIN' },
                { text: ' (robin)' },
                { text: ' rejected (attested, A1), ' },
                { type: 'date' },
                { text: ': ' },
                { text: 'not on a <Friday>' },
              ],
            },
          ],
        },
        {},
      ],
    });
  });

  test.each([
    ['running', 'Running'],
    ['succeeded', 'Succeeded'],
    ['failed: exit 1', 'Failed'],
  ])('says of a step that is %s: %s', (outcome, title) => {
    const message = messageOf(aStanding({ state: 'claimed', outcome }), aLook());
    expect(message.text).toMatch(new RegExp(`^${title}: `));
  });

  test("never calls a receiver's word a signature", () => {
    const decision = {
      person: 'robin',
      decision: 'approve' as const,
      reason: null,
      time: '2026-03-02T01:05:00.000Z',
      channel: 'slack',
      identity: null,
    };
    const said = (assurance: Assurance) =>
      textsIn(
        messageOf(
          aStanding({ state: 'approved', decisions: [{ ...decision, assurance }] }),
          aLook(),
        ).blocks,
      ).join(' ');
    expect(said('A1')).toContain('attested, A1');
    expect(said('A0')).not.toContain('signed');
    expect(said('A3')).toContain('signed, A3');
  });
});
