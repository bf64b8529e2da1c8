import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import type { ChainLink } from '../../src/approval/people/people.ts';
import { newNonce, type RunId } from '../../src/base/ids.ts';
import type { Event, StepStarted } from '../../src/run/events.ts';
import type { ManualDone } from '../../src/run/manual-events.ts';
import { openScene, type Scene } from '../support/scene.ts';

const runbook = `name: check
steps:
  - { id: look, manual: look, timeout: 1h }
  - { id: use, exec: echo used }
`;

/** Commits what no honest program would, and answers what the audit says of it. */
async function findings(scene: Scene, run: RunId, ...events: Event[]): Promise<readonly string[]> {
  const { store } = scene.engine();
  await store.commit({ run, expectedVersion: null, commandId: newNonce(), events });
  const { findings: all } = await scene
    .service()
    .verify({ receipts: [], pins: [], progress: () => undefined });
  return all.map(({ code, message }) => `${code} ${message}`);
}

const ana: ChainLink = { role: 'caller', identity: `os:ana@${hostname()}`, person: 'ana' };

function done(changes: Partial<ManualDone> = {}): Event {
  const data = {
    step: 'look',
    attempt: 1,
    outcome: 'succeeded',
    by: ana,
    note: null,
    outputs: null,
  };
  return { type: 'manual.done', data: { ...data, ...changes } as ManualDone };
}

async function waiting(): Promise<{ readonly scene: Scene; readonly run: RunId }> {
  const scene = openScene({ runbook });
  const { run } = await scene.exec();
  return { scene, run };
}

test('a person who was asked may say so', async () => {
  const { scene, run } = await waiting();
  expect(await findings(scene, run, done())).toEqual([]);
});

test.each<[string, Event, RegExp]>([
  ['nobody was asked', done({ attempt: 2 }), /nobody was waiting for that/],
  ['another step', done({ step: 'use' }), /nobody was waiting for that/],
  [
    'an agent says so',
    done({ by: { role: 'agent', identity: 'agent:deploy-bot', person: null } }),
    /is no person/,
  ],
  ['somebody is taken for another', done({ by: { ...ana, person: 'robin' } }), /is not robin/],
  [
    'nobody says so, and it ends well',
    {
      type: 'step.finished',
      data: {
        step: 'look',
        attempt: 1,
        outcome: 'succeeded',
        reason: null,
        failure: null,
        exit_code: null,
        signal: null,
        status: null,
        duration_ms: 0,
        stdout: null,
        stderr: null,
        outputs: null,
        secret_outputs: {},
      },
    },
    /nobody said that it is/,
  ],
])('%s', async (_what, lie, words) => {
  const { scene, run } = await waiting();
  const [finding] = await findings(scene, run, lie);
  expect(finding).toMatch(/^E_RUN /);
  expect(finding).toMatch(words);
});

const asking = `name: check
steps:
  - { id: look, manual: look, ask: { leader: { type: string, enum: [a, b] }, lag: { type: integer, max: 9 } } }
  - { id: use, exec: [echo, "\${{ steps.look.outputs.leader }}"], privileged: true }
`;

test.each<[string, unknown, string]>([
  ['outside their limits', { leader: 'EVIL', lag: 3 }, 'must be one of a, b'],
  ['of another type', { leader: 'a', lag: '3' }, 'not in the form that it asks for'],
  ['that nobody asked for', { leader: 'a', lag: 3, more: 1 }, 'unknown output `more`'],
  ['that are too few', { leader: 'a' }, '`lag` is missing'],
  ['that are none', ['a'], 'cannot be read'],
  ['that are not there', null, 'without what it asks for: `lag` is missing'],
])('values %s', async (_what, values, words) => {
  const scene = openScene({ runbook: asking });
  const { run } = await scene.exec();
  const bytes = Buffer.from(JSON.stringify(values));
  const outputs = values === null ? null : await scene.engine().store.putBlob(bytes);
  const [finding] = await findings(scene, run, done({ outputs }));
  expect(finding).toMatch(/^E_RUN /);
  expect(finding).toContain(words);
});

test.each<[string, ChainLink]>([
  ['who answers for an agent', { role: 'agent_owner', identity: 'person:ana', person: 'ana' }],
  ['on whose behalf it was said', { role: 'on_behalf_of', identity: 'person:ana', person: 'ana' }],
  ['who set a job off', { role: 'ci_actor', identity: 'person:ana', person: 'ana' }],
  ['whom a variable names', { ...ana, role: 'sudo', claimed: true }],
])('nobody proved to be %s', async (_what, by) => {
  const { scene, run } = await waiting();
  expect(await findings(scene, run, done({ by }))).toEqual([
    expect.stringMatching(/^E_RUN .* proves nobody/) as string,
  ]);
});

test('values of somebody who decided in the run', async () => {
  const scene = openScene({ runbook: decidedFirst });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  await scene.resume(run);
  const outputs = await scene.engine().store.putBlob(Buffer.from('{"leader":"a"}'));
  const by: ChainLink = { role: 'caller', identity: `os:robin@${hostname()}`, person: 'robin' };
  scene.trusted.people = scene.trusted.people.replace(
    'name: robin,',
    `name: robin, os_users: [robin@${hostname()}],`,
  );
  await scene.service().initialise();
  expect(await findings(scene, run, done({ by, outputs }))).toEqual([
    'E_RUN robin decided in this run and gave the values of look',
  ]);
});

const decidedFirst = `name: check
steps:
  - { id: stop, exec: echo stopped, privileged: true }
  - { id: look, manual: look, ask: { leader: { type: string } } }
`;

test('it is too late to say so', async () => {
  const { scene, run } = await waiting();
  scene.clock.shift(3_600_000);
  expect(await findings(scene, run, done())).toEqual([
    expect.stringContaining('after it had given up') as string,
  ]);
});

test('something was started for it', async () => {
  const { scene, run } = await waiting();
  await findings(scene, run, done());
  await scene.resume(run);
  const entries = await scene.service().events(run, 0);
  const honest = entries.find(({ event }) => event.type === 'step.started')?.event;
  const data = { ...(honest?.data as StepStarted), step: 'look', attempt: 2 };
  const other = await scene.exec();
  const all = await findings(scene, other.run, { type: 'step.started', data });
  expect(all.join('\n')).toContain(
    'E_RUN look is done by a person, and something was started for it',
  );
});

test('something happened before the time of its run', async () => {
  const scene = openScene({ runbook });
  const service = scene.service();
  const run = await service.start({
    source: await service.openRunbook('runbook.yaml'),
    given: {},
    environment: null,
    reason: null,
    ticket: null,
    notBefore: new Date(scene.clock.now().wallMs + 3_600_000).toISOString(),
  });
  const asked: Event = { type: 'manual.asked', data: { step: 'look', attempt: 1, text: 'look' } };
  const [finding] = await findings(scene, run, asked);
  expect(finding).toMatch(/^E_RUN the run starts at .*, this happened at /);
});
