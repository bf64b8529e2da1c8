import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  DeniedError,
  HeldError,
  IntegrityError,
  JournalError,
  LoginError,
  RunbookError,
  UsageError,
} from '../../src/base/errors.ts';
import { openConnection, pathOf } from '../../src/client/connection.ts';
import { answer, closedServer, connect, openSmallServer, quickPace } from './small-server.ts';

const word = v.object({ word: v.string() });
const path = '/v1/me';

function refusal(exit_code: number, code = 'some_code') {
  return { code, message: 'no', hint: 'do this', exit_code };
}

describe('an error of the server', () => {
  test.each([
    [2, 400, UsageError],
    [4, 401, LoginError],
    [11, 409, RunbookError],
    [13, 403, DeniedError],
    [14, 409, IntegrityError],
    [16, 409, HeldError],
    [18, 503, JournalError],
  ])('with exit code %i is the same error here', async (exitCode, status, Class) => {
    const server = await openSmallServer((response) => answer(response, status, refusal(exitCode)));
    const error = await server
      .connect()
      .call({ path, answer: word })
      .catch((it: unknown) => it);
    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ code: 'some_code', message: 'no', hint: 'do this', exitCode });
    expect(server.came).toHaveLength(1);
  });

  test('never exits with 0, whatever the server says', async () => {
    const server = await openSmallServer((response) => answer(response, 400, refusal(0)));
    await expect(server.connect().call({ path, answer: word })).rejects.toMatchObject({
      exitCode: 70,
    });
  });

  test('cannot steer the terminal', async () => {
    const body = { ...refusal(2), message: '\x1b]0;owned\x07' };
    const server = await openSmallServer((response) => answer(response, 400, body));
    await expect(server.connect().call({ path, answer: word })).rejects.toMatchObject({
      message: '\\x1b]0;owned\\x07',
    });
  });
});

describe('what is tried again', () => {
  const get = { path, answer: word } as const;
  const post = { method: 'POST', path, body: {}, answer: word } as const;

  test.each([
    ['a reading call', get],
    ['a start with its key', { ...post, idempotencyKey: 'k1' }],
    ['a call that does no more when it comes twice', { ...post, repeatable: true as const }],
  ])('is %s, when the connection breaks', async (_what, call) => {
    const server = await openSmallServer((response, { count }) =>
      count < 3 ? void response.destroy() : answer(response, 200, { word: 'at last' }),
    );
    expect(await server.connect().call(call)).toEqual({ word: 'at last' });
    expect(server.came).toHaveLength(3);
    expect(new Set(server.came.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('is not a decision: it could have been recorded', async () => {
    const server = await openSmallServer((response) => void response.destroy());
    await expect(server.connect().call(post)).rejects.toMatchObject({
      code: 'server_unreachable',
      exitCode: 18,
    });
    expect(server.came).toHaveLength(1);
  });

  test('is anything that the server had no time for, after as long as it says', async () => {
    const server = await openSmallServer((response, { count }) => {
      if (count > 1) {
        answer(response, 200, { word: 'now' });
        return;
      }
      response.writeHead(429, { 'retry-after': '7' });
      response.end(JSON.stringify(refusal(2, 'rate_limited')));
    });
    expect(await server.connect().call(post)).toEqual({ word: 'now' });
    expect(server.pauses).toEqual([7000]);
  });

  test('ends after four times', async () => {
    const server = await openSmallServer((response) => answer(response, 502, '<html>'));
    await expect(server.connect().call(get)).rejects.toMatchObject({ code: 'server_unreachable' });
    expect(server.came).toHaveLength(4);
    const [first = 0, second = 0, third = 0] = server.pauses;
    expect([first < 251, second < 501, third < 1001, first >= 125]).not.toContain(false);
  });

  test('is what never reached the server', async () => {
    const pauses: number[] = [];
    const url = await closedServer();
    await expect(connect(url, quickPace(pauses)).call(post)).rejects.toMatchObject({
      code: 'server_unreachable',
      message: expect.stringMatching(`^\`${url}\` cannot be reached: .*ECONNREFUSED`) as string,
    });
    expect(pauses).toHaveLength(3);
  });

  test('is nothing after the caller left', async () => {
    const left = new AbortController();
    const server = await openSmallServer(() => left.abort());
    const call = { ...get, signal: left.signal };
    await expect(server.connect().call(call)).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.came).toHaveLength(1);
  });
});

describe('an answer', () => {
  test.each([
    ['of another shape', JSON.stringify({ word: 7 })],
    ['that is no JSON', '<html>welcome</html>'],
  ])('%s is refused in words', async (_what, body) => {
    const server = await openSmallServer((response) => answer(response, 200, body));
    await expect(server.connect().call({ path, answer: word })).rejects.toMatchObject({
      code: 'server_unreadable',
      exitCode: 18,
    });
  });

  test('may say more than this client knows', async () => {
    const server = await openSmallServer((response) =>
      answer(response, 200, { word: 'hello', newer: true }),
    );
    expect(await server.connect().call({ path, answer: word })).toEqual({ word: 'hello' });
  });

  test('that redirects is refused: nobody else is sent the token', async () => {
    const thief = await openSmallServer((response) => answer(response, 200, { word: 'thanks' }));
    const server = await openSmallServer((response) => {
      response.writeHead(307, { location: `${thief.url}/v1/runs` });
      response.end();
    });
    const body = { params: { password: 'hunter2' } };
    await expect(
      server.connect().call({ method: 'POST', path, body, answer: word }),
    ).rejects.toMatchObject({ code: 'server_unreadable' });
    expect(thief.came).toEqual([]);
  });
});

describe('a call', () => {
  test('carries the token and what the caller says of itself', async () => {
    const server = await openSmallServer((response) => answer(response, 200, { word: 'hi' }));
    const claims = { 'runbook-agent': 'deploy-bot' };
    const program = 'runbook 1.2.3';
    const input = { url: server.url, ca: null, token: 'rbk_secret', claims, program };
    await openConnection(input, quickPace()).call({
      path,
      query: { run: null, of: 'a&b' },
      answer: word,
    });
    expect(server.came).toMatchObject([
      {
        method: 'GET',
        path: '/v1/me?of=a%26b',
        headers: {
          authorization: 'Bearer rbk_secret',
          'runbook-agent': 'deploy-bot',
          'user-agent': 'runbook/1.2.3',
        },
      },
    ]);
  });

  test('without a token is not sent', async () => {
    const server = await openSmallServer(() => undefined);
    const input = { url: server.url, ca: null, token: null, claims: {}, program: 'runbook 1' };
    await expect(openConnection(input).call({ path, answer: word })).rejects.toMatchObject({
      code: 'login_missing',
      exitCode: 4,
    });
    expect(server.came).toEqual([]);
  });
});

test('a name cannot lead to another path', () => {
  expect(pathOf('runs', 'a/../b?c#d')).toBe('/v1/runs/a%2F..%2Fb%3Fc%23d');
  for (const name of ['.', '..', '']) {
    expect(() => pathOf('runs', name, 'cancel')).toThrow(UsageError);
  }
});
