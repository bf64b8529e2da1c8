import { describe, expect, test } from 'vitest';
import { titleOf } from '../../src/approval/card/card-steps.ts';
import { layoutInbox, waitsFor } from '../../src/pages/inbox.ts';
import { timeLeft, timeSince } from '../../src/pages/time.ts';
import { aSlot } from '../approval/builders.ts';
import { aRequest } from '../approval/request-builders.ts';
import { aDetail, nowMs } from './request-views.ts';

describe('a request waits for', () => {
  const policy = (...slots: ReturnType<typeof aSlot>[]) => ({
    policy: { ...aRequest().policy, slots },
  });

  test('whoever can fill what is missing', () => {
    expect(waitsFor(aDetail(), 'bob', nowMs)).toBe(true);
    expect(waitsFor(aDetail(), 'ana', nowMs)).toBe(false);
    expect(waitsFor(aDetail({ missing: [] }), 'bob', nowMs)).toBe(false);
  });

  test('nobody who has approved it, until they take that back', () => {
    const given = (decision: 'approve' | 'revoke') => ({
      person: 'bob',
      decision,
      assurance: 'A3' as const,
      reason: null,
      time: '2026-03-02T01:05:00.000Z',
      channel: 'cli',
      identity: null,
    });
    expect(waitsFor(aDetail({ decisions: [given('approve')] }), 'bob', nowMs)).toBe(false);
    const both = [given('approve'), given('revoke')];
    expect(waitsFor(aDetail({ decisions: both }), 'bob', nowMs)).toBe(true);
  });

  test('whom it escalates to, once it has', () => {
    const escalate = [{ after_ms: 600_000, to: ['dave'], eligible: ['dave'] }];
    const detail = aDetail({}, policy(aSlot('floor', ['bob'], { escalate })));
    expect(waitsFor(detail, 'dave', nowMs - 1)).toBe(false);
    expect(waitsFor(detail, 'dave', nowMs)).toBe(true);
  });
});

describe('the inbox', () => {
  test('has what waits for whoever looks before what waits for others', () => {
    const theirs = aDetail({ words: 'theirs' }, { id: 'a'.repeat(16) as never });
    const other = { ...theirs, missing: [] };
    const mine = aDetail({ words: 'mine' });
    const view = { person: 'bob', open: [other, mine], over: [], isCut: false, nowMs };
    const { markup } = layoutInbox(view);
    expect(markup).toMatch(
      /Waiting for you \(1\)[^]*>mine<[^]*Waiting for others \(1\)[^]*>theirs</,
    );
    expect(markup).toContain('prod · protected');
    expect(markup).toContain('20m left');
    expect(markup).toContain('asked by ana, 10m ago');
  });

  test('says of each what would run and why, and what expires soonest stands first', () => {
    const until = (pending_until: string) => ({
      limits: { ...aRequest().limits, pending_until },
      why: { reason: `until ${pending_until}`, ticket: null },
    });
    const later = aDetail({}, until('2026-03-02T01:40:00.000Z'));
    const sooner = aDetail({}, until('2026-03-02T01:20:00.000Z'));
    const view = { person: 'bob', open: [later, sooner], over: [], isCut: false, nowMs };
    const { markup } = layoutInbox(view);
    expect(markup).toMatch(/“until 2026-03-02T01:20[^]*“until 2026-03-02T01:40/);
    expect(markup).toContain(`<code>${titleOf(later)}</code>`);
  });

  test('says so where older requests have no room', () => {
    const view = { person: 'bob', open: [aDetail()], over: [], isCut: false, nowMs };
    expect(layoutInbox(view).markup).not.toContain('the newest 1');
    expect(layoutInbox({ ...view, isCut: true }).markup).toContain('the newest 1');
  });

  test('tells how a request comes about where there is none', () => {
    const { markup } = layoutInbox({ person: 'bob', open: [], over: [], isCut: false, nowMs });
    expect(markup).toContain('Nothing waits');
  });
});

test('times are told roughly, and what is past has none left', () => {
  expect(timeLeft('2026-03-02T01:30:00.000Z', nowMs)).toBe('20m');
  expect(timeLeft('2026-03-02T01:10:59.400Z', nowMs)).toBe('59s');
  expect(timeLeft('2026-03-02T01:10:00.000Z', nowMs)).toBe(null);
  expect(timeSince('2026-02-27T23:10:00.000Z', nowMs)).toBe('2d2h');
  expect(timeSince('2026-03-02T01:11:00.000Z', nowMs)).toBe('0s');
});
