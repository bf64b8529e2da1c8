import { expect, test } from 'vitest';
import { bot, openServed, startGated } from './served.ts';

test("a report's link leads to words on how to review, and to nothing of the request", async () => {
  const served = await openServed();
  const { run, request } = await startGated(served, await served.token(bot, ['start']));
  const answer = await served.call(`GET /requests/${request}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('text/plain');
  expect(answer.text).toContain(`runbook review ${request}`);
  expect(answer.text).not.toContain(run);
  expect(answer.text).not.toContain('gated');
});

test('a link to no request looks the same, and one that is no id leads nowhere', async () => {
  const served = await openServed();
  expect((await served.call(`GET /requests/${'0'.repeat(16)}`)).status).toBe(200);
  expect((await served.call('GET /requests/..%2f..%2fetc')).status).toBe(404);
});
