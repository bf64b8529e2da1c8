import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openPendingLogins, type Pending } from '../../../src/server/web/pending.ts';

const login: Pending = {
  kind: 'login',
  issuer: 'https://login.example.com',
  kept: '',
  state: '',
  to: '/',
};
const made = (session: string): Pending => ({ kind: 'made', session, statement: '{}' });
const invited = (invite: string): Pending => ({ kind: 'made', invite, statement: '{}' });

describe('what a browser began', () => {
  test('is handed out once', () => {
    const pending = openPendingLogins(() => 0);
    const id = pending.keep(login);
    expect([pending.take('other'), pending.take(id), pending.take(id)]).toEqual([
      null,
      login,
      null,
    ]);
  });

  test('is forgotten after ten minutes, also where nobody asks for it', () => {
    let nowMs = 0;
    const pending = openPendingLogins(() => nowMs);
    const ids = [login, made('a'), invited('b')].map((each) => pending.keep(each));
    nowMs = 599_999;
    expect(pending.take(ids[0] ?? '')).toEqual(login);
    nowMs = 600_000;
    expect(pending.take(ids[1] ?? '')).toBeNull();
    pending.keep(login);
    expect(pending.size).toBe(1);
  });

  test('is not forgotten for what others begin, however much that is', () => {
    const pending = openPendingLogins(() => 0);
    const [first, second, third] = [login, made('a'), invited('b')].map((each) =>
      pending.keep(each),
    );
    for (let round = 0; round < 20_000; round += 1) {
      pending.keep(made('thief'));
      pending.keep(invited('thief'));
    }
    expect(pending.take(first ?? '')).toEqual(login);
    for (let round = 0; round < 20_000; round += 1) {
      pending.keep(login);
    }
    expect(pending.size).toBe(10_000 + 20 + 20 + 2);
    expect(pending.take(second ?? '')).toEqual(made('a'));
    expect(pending.take(third ?? '')).toEqual(invited('b'));
  });

  test('stays to the newest 20 of each session, whatever the order of things', () => {
    const step = record({
      by: constantFrom('a', 'b', 'c'),
      passMs: integer({ min: 0, max: 40_000 }),
    });
    assert(
      property(array(step, { maxLength: 120 }), (steps) => {
        let nowMs = 0;
        const pending = openPendingLogins(() => nowMs);
        const begun: { id: string; by: string; atMs: number }[] = [];
        for (const { by, passMs } of steps) {
          nowMs += passMs;
          begun.push({ id: pending.keep(made(by)), by, atMs: nowMs });
        }
        const standing = begun.filter(
          ({ by, atMs }, at) =>
            nowMs < atMs + 600_000 &&
            begun.slice(at + 1).filter((one) => one.by === by).length < 20,
        );
        expect(pending.size).toBe(standing.length);
        expect(begun.filter(({ id }) => pending.take(id) !== null)).toEqual(standing);
      }),
    );
  });
});
