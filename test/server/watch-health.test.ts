import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Reception, ReceptionHealth } from '../../src/channels/channel.ts';
import { watchHealth } from '../../src/server/watch-health.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('a way to reach reviewers that breaks is told once, and once more when it works again', () => {
  let standing: ReceptionHealth = { ok: true, message: 'connected', backlog: 0 };
  const reception: Reception = {
    name: 'slack',
    attend: () => Promise.resolve(),
    tell: () => Promise.resolve(),
    http: null,
    health: () => standing,
    examine: () => Promise.resolve([]),
  };
  const log: object[] = [];
  const over = new AbortController();
  watchHealth([reception], (line) => log.push(line), over.signal);
  vi.advanceTimersByTime(20_000);
  standing = { ok: false, message: 'Slack answers 503', backlog: 3 };
  vi.advanceTimersByTime(20_000);
  standing = { ok: true, message: 'connected', backlog: 0 };
  vi.advanceTimersByTime(20_000);
  over.abort();
  standing = { ok: false, message: 'gone', backlog: 0 };
  vi.advanceTimersByTime(20_000);
  const line = { event: 'reception', name: 'slack' };
  expect(log).toEqual([
    { ...line, ok: false, message: 'Slack answers 503', backlog: 3 },
    { ...line, ok: true, message: 'connected', backlog: 0 },
  ]);
});
