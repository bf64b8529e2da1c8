import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/channels/slack/card/message.ts';
import { aRequest } from '../../approval/request-builders.ts';
import { aLook, aStanding } from '../cards/standing.ts';

const terms = {
  rule: 'night',
  scope: 'night@prod',
  review: { from: ['group:leads'], within_ms: 86_400_000 },
};

function shown(more: Parameters<typeof aStanding>[0]) {
  const content = aRequest({ break_glass: terms });
  const { text, blocks } = messageOf(aStanding({ content, ...more }), aLook());
  return { text, json: JSON.stringify(blocks) };
}

describe('a card in Slack where the glass is broken', () => {
  test('says so first of all, in the notification too', () => {
    const { text, json } = shown({ state: 'pending' });
    expect(text).toMatch(/^BREAK-GLASS, Approval needed: restart-cluster, step restart in prod/);
    expect(json).toContain('"text":"BREAK-GLASS, Approval needed');
    expect(json).toContain('BREAK-GLASS: whoever signs acts alone');
    expect(json).toContain('by somebody else from `group:leads`');
  });

  test('asks for the review from the start on, and says who gave it', () => {
    const due = '2026-03-03T01:00:00.000Z';
    const owed = { due, overdue: false, review: null };
    const running = shown({ state: 'claimed', outcome: 'running', review: owed });
    expect(running.text).toMatch(/^BREAK-GLASS, Running/);
    expect(running.json).toContain('A review is owed by ');
    expect(running.json).toContain('runbook break-glass review q1q1q1q1q1q1q1q1');
    const review = {
      person: 'robin',
      finding: 'unjustified',
      reason: 'call me',
      time: due,
    } as const;
    const over = shown({ state: 'claimed', outcome: 'succeeded', review: { ...owed, review } });
    expect(over.json).toContain('Reviewed by ');
    expect(over.json).toContain(': unjustified: ');
    expect(over.json).not.toContain('A review is owed');
  });

  test('names the rules that an approval would lift, each in its own words', () => {
    const overrides = [{ rule: 'freeze', reason: 'nothing changes this week' }];
    const content = aRequest({ overrides });
    const { text, blocks } = messageOf(aStanding({ content }), aLook());
    expect(text).not.toContain('BREAK-GLASS');
    expect(JSON.stringify(blocks)).toContain('freeze: nothing changes this week');
  });
});
