import { expect, test } from 'vitest';
import { ana, bot, openServed, pick, robin } from './served.ts';

const runbook = `name: check
steps:
  - { id: look, manual: look, ask: { leader: { type: string } } }
  - { id: use, exec: "echo \${{ steps.look.outputs.leader }}" }
`;

test('a person does a step of a run that an agent started, and the server goes on by itself', async () => {
  const served = await openServed({ runbook });
  const agent = await served.token(bot, ['start']);
  const person = await served.token(robin, ['start', 'read']);
  const begun = await served.call('POST /v1/runs', { token: agent, body: { runbook: 'runbook' } });
  const run = String(pick(begun.json, 'run'));
  const waiting = await served.call(`GET /v1/runs/${run}?wait=20&version=1`, { token: agent });
  expect(waiting.json).toMatchObject({ status: 'waiting', manual: { step: 'look' } });

  const done = `POST /v1/runs/${run}/steps/look/done`;
  const body = { outcome: 'succeeded', outputs: { leader: 'db2' } };
  const refused = await served.call(done, { token: agent, body });
  expect(refused).toMatchObject({ status: 403, json: { code: 'agent_does_manual' } });
  expect(await served.call(done, { token: person, body })).toMatchObject({
    status: 200,
    json: { steps: [{ done_by: 'robin' }, {}] },
  });
  const end = await served.call(`GET /v1/runs/${run}?wait=20`, { token: agent });
  expect(end.json).toMatchObject({ status: 'succeeded' });
  const reader = await served.token(ana, ['read']);
  expect(await served.call(done, { token: reader, body })).toMatchObject({ status: 403 });
  const verified = await served.call('POST /v1/audit/verify', { token: person, body: {} });
  expect(verified.json).toMatchObject({ findings: [], exit_code: 0 });
});

test('a run starts at its time, by itself', async () => {
  const later = 'name: later\nsteps:\n  - { id: act, exec: echo ran }\n';
  const served = await openServed({ runbook: later });
  const token = await served.token(bot, ['start']);
  const { clock } = served.scene;
  const not_before = new Date(clock.now().wallMs + 1_800_000).toISOString();
  const body = { runbook: 'runbook', not_before };
  const run = pick((await served.call('POST /v1/runs', { token, body })).json, 'run');
  const waiting = await served.call(`GET /v1/runs/${String(run)}`, { token });
  expect(waiting.json).toMatchObject({ status: 'waiting', starts_at: not_before });
  clock.shift(1_800_000);
  const end = await served.call(`GET /v1/runs/${String(run)}?wait=20`, { token });
  expect(end.json).toMatchObject({ status: 'succeeded' });
});
