import { expect, test } from 'vitest';
import { bot, openServed, startGated } from '../served.ts';
import { browse } from './visiting.ts';

test("a request's page has the whole request and its form, and looking changes nothing", async () => {
  const served = await openServed();
  const { request, run } = await startGated(served, await served.token(bot, ['start', 'read']));
  const robin = await browse(served, 'robin');
  const before = await served.scene.service().events(run as never, 0);
  const { status, text } = await robin.get(`/requests/${request}`);
  expect(status).toBe(200);
  expect(text).toContain(`action="/requests/${request}/decisions"`);
  expect(text).toContain(`href="/runs/${run}"`);
  expect(await served.scene.service().events(run as never, 0)).toEqual(before);
});

test('whoever is behind the run reads why they cannot approve, and gets no button to', async () => {
  const served = await openServed();
  const { request } = await startGated(served, await served.token(bot, ['start', 'read']));
  const { text } = await (await browse(served, 'ana')).get(`/requests/${request}`);
  expect(text).toContain('class="notice warn"');
  expect(text).not.toContain('name="way"');
});

test('the inbox of one who can decide, and of one who cannot, have it in different places', async () => {
  const served = await openServed();
  const { request } = await startGated(served, await served.token(bot, ['start', 'read']));
  const inboxes = ['robin', 'ana'].map(async (id) => (await browse(served, id)).get('/'));
  const [robins, anas] = await Promise.all(inboxes);
  expect(robins?.text).toContain('Waiting for you (1)');
  expect(anas?.text).toContain('Waiting for others (1)');
  expect(robins?.text).toContain(`href="/requests/${request}"`);
});

test('a request that is not there, or is no id, is a page that says so', async () => {
  const robin = await browse(await openServed(), 'robin');
  for (const id of ['0'.repeat(16), 'amber', '..%2f..%2fetc']) {
    const { status, text } = await robin.get(`/requests/${id}`);
    expect.soft([status, text.startsWith('<!doctype html>')], id).toEqual([404, true]);
    expect.soft(text, id).toContain('aria-label="Pages"');
    expect.soft(text, id).not.toContain('/v1/');
  }
});

test('its words open a request, and so does how they or its id begin', async () => {
  const served = await openServed();
  const { request } = await startGated(served, await served.token(bot, ['start', 'read']));
  const { words } = await served.scene.service().describeRequest(request);
  const robin = await browse(served, 'robin');
  for (const name of [words, words.slice(0, 9), request.slice(0, 8)]) {
    const { status, to } = await robin.get(`/requests/${name}`);
    expect.soft([status, to], name).toEqual([303, `/requests/${request}`]);
  }
});

test('a no without a reason is none: the form stands there again and says so', async () => {
  const served = await openServed();
  const { request } = await startGated(served, await served.token(bot, ['start', 'read']));
  const { hash } = await served.scene.service().describeRequest(request);
  const fields = { hash, decision: 'reject', reason: '  ' };
  const answer = await (await browse(served, 'robin')).post(
    `/requests/${request}/decisions`,
    fields,
  );
  expect(answer.status).toBe(400);
  expect(answer.text).toContain('role="alert" id="reason-problem"');
  expect(answer.text).toContain('aria-describedby="reason-problem reason-hint"');
  expect(answer.text).toContain(`action="/requests/${request}/decisions"`);
  expect((await served.scene.service().describeRequest(request)).state).toBe('pending');
});
