import { expect, test } from 'vitest';
import { breakGlass, nightPolicy, nightRunbook } from '../../support/break-glass.ts';
import { ana, bot, openServed, pick, robin, startGated } from '../served.ts';
import { browse } from './visiting.ts';

const starting = ['start', 'read'] as const;

test('runs are listed, the newest first, with where they stand', async () => {
  const served = await openServed();
  const token = await served.token(ana, starting);
  const first = await startGated(served, token);
  const second = await startGated(served, token);
  const session = await browse(served, 'robin');
  const { text } = await session.get('/runs');
  const runs = [...text.matchAll(/href="\/runs\/(\w{10,})"/g)].map(([, run]) => run);
  expect(runs).toEqual([second.run, first.run]);
  expect(text).toContain('waits for approval');
  expect(text).toContain('started by ana');
  expect(text).not.toContain('token:');
});

test('a run in a protected environment is marked, with who started it and why, in the list and on its page', async () => {
  const config = 'environments: { prod: { protected: true } }';
  const served = await openServed({ config, trusted: true });
  const token = await served.token(bot, starting);
  const start = { environment: 'prod', reason: 'nodes <leak>' };
  const { run } = await startGated(served, token, start);
  const session = await browse(served, 'robin');
  for (const path of ['/runs', `/runs/${run}`]) {
    const { text } = await session.get(path);
    expect.soft(text).toContain('<span class="badge bad">prod · protected</span>');
    expect.soft(text).toContain('tarted by agent:deploy-bot for ana');
    expect.soft(text).toContain('“nodes &lt;leak&gt;”');
  }
});

test('mine are the runs that I stand behind', async () => {
  const served = await openServed();
  const { run } = await startGated(served, await served.token(ana, starting));
  const theirs = await (await browse(served, 'ana')).get('/runs?whose=mine');
  const others = await (await browse(served, 'robin')).get('/runs?whose=mine');
  expect(theirs.text).toContain(`/runs/${run}`);
  expect(others.text).not.toContain(`/runs/${run}`);
});

test('a run says who is behind it and why, where its steps stand, what they printed and what it waits for', async () => {
  const served = await openServed();
  const started = await startGated(served, await served.token(ana, starting), {
    reason: 'node b <hangs>',
    ticket: 'OPS-1',
  });
  const { text } = await (await browse(served, 'robin')).get(`/runs/${started.run}`);
  expect(text).toContain('who is ana');
  expect(text).toContain('node b &lt;hangs&gt;');
  expect(text).toContain('OPS-1');
  expect(text).toMatch(/look<\/strong>.*succeeded/);
  expect(text).toMatch(/change<\/strong>.*waits for approval/);
  expect(text).toContain('<pre class="live">before\n</pre>');
  expect(text).toContain(`/requests/${started.request}`);
});

test('a run is found by how its id begins, and one that is not there is a page that says so', async () => {
  const served = await openServed();
  const { run } = await startGated(served, await served.token(ana, starting));
  const session = await browse(served, 'robin');
  expect((await session.get(`/runs/${run.slice(0, 9)}`)).text).toContain(run);
  expect((await session.get('/runs/latest')).text).toContain(run);
  const missing = await session.get('/runs/zzzzzzzz');
  expect([missing.status, missing.text.includes('run_unknown')]).toEqual([404, true]);
});

const escapes = `name: gated
steps:
  - id: look
    run: 'printf "\\033[31mred\\033[0m <b>bold</b> \\342\\200\\256txt\\n"'
  - { id: change, privileged: true, exec: [echo, x] }
`;

test('what a step printed stays text: no markup, no colours, nothing that turns letters around', async () => {
  const served = await openServed({ runbook: escapes });
  const { run } = await startGated(served, await served.token(ana, starting));
  const { text } = await (await browse(served, 'robin')).get(`/runs/${run}`);
  expect(text).toContain('red &lt;b&gt;bold&lt;/b&gt; \\u{202e}txt');
});

const talking = `name: gated
steps:
  - { id: change, privileged: true, run: 'printf "caf\\303"; sleep 0.2; printf "\\251 <i>\\n"' }
`;

test('a session follows a run: its entries, its output as text, and its end', async () => {
  const served = await openServed({ runbook: talking });
  const { run, request, hash } = await startGated(served, await served.token(ana, starting));
  const session = await browse(served, 'robin');
  const response = await fetch(`${served.origin}/runs/${run}/stream?from=0`, {
    headers: { cookie: `runbook_session=${session.secret}` },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  await served.followed(1);
  const token = await served.token(robin, ['decide']);
  const body = { hash, decision: 'approve', reason: null };
  await served.call(`POST /v1/requests/${request}/decisions`, { token, body });
  const told = await response.text();
  const printed = [...told.matchAll(/^event: output\ndata: (.*)$/gm)].map(
    ([, data = '']) => pick(JSON.parse(data), 'text') as string,
  );
  expect(printed.join('')).toBe('café <i>\n');
  expect(told.endsWith(`event: end\ndata: {"run":"${run}"}\n\n`)).toBe(true);
  const now = await session.get(`/runs/${run}/now`, { accept: '*/*' });
  expect(JSON.parse(now.text)).toMatchObject({
    terminal: true,
    waits: [],
    cells: {
      status: { text: 'succeeded', look: 'badge good' },
      'state change': { text: 'succeeded' },
    },
  });
});

test('whoever has no session follows nothing', async () => {
  const served = await openServed();
  const { run } = await startGated(served, await served.token(ana, starting));
  for (const path of ['stream', 'now']) {
    const response = await fetch(`${served.origin}/runs/${run}/${path}`);
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'session_over' }]);
  }
});

test('what ran under break-glass says so, and that its review is owed', async () => {
  const served = await openServed({ runbook: nightRunbook(), policy: nightPolicy });
  const { run, reviews } = await breakGlass(served.scene);
  const session = await browse(served, 'robin');
  const { text } = await session.get(`/runs/${run}`);
  expect(text).toContain('<span class="badge bad">break-glass</span>');
  expect(text).toContain(
    `<a href="/requests/${reviews[0]?.request}">restart</a> ran under break-glass`,
  );
  expect((await session.get('/runs')).text).toContain('<span class="badge bad">break-glass</span>');
});
