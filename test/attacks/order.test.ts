import { describe, expect, test } from 'vitest';
import type { Event } from '../../src/run/events.ts';
import {
  type Court,
  decided,
  expectFinding,
  finished,
  openCourt,
  say,
  started,
  verify,
} from '../audit/court.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { forgeDecision } from './forge.ts';

const minute = 60_000;

function done(scene: Scene, run: string, step: string): Promise<unknown> {
  return scene.service().done({ run, step, outcome: 'succeeded', note: null, given: {} });
}

describe('an approval for several steps', () => {
  const byHand = `
name: by-hand
approvals: together
steps:
  - { id: look, manual: Look at the cluster. }
  - { id: one, privileged: true, run: echo one }
  - { id: look_again, manual: Look again. }
  - { id: two, privileged: true, run: echo two }
`;

  async function approved(): Promise<{ readonly scene: Scene; readonly run: string }> {
    const scene = openScene({ runbook: byHand, policy: 'floor: { unused: 2m }' });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await scene.resume(run);
    return { scene, run };
  }

  test('is not kept alive by a person who takes their time', async () => {
    const { scene, run } = await approved();
    scene.clock.shift(3 * minute);
    await done(scene, run, 'look');
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    expect(scene.output.text).toBe('');
  });

  test('counts anew from the end of a step that it let run, and from no other', async () => {
    const { scene, run } = await approved();
    scene.clock.shift(minute);
    await done(scene, run, 'look');
    await scene.resume(run);
    expect(scene.output.text).toBe('one\n');
    scene.clock.shift(1.5 * minute);
    await done(scene, run, 'look_again');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect((await verify(scene)).findings).toEqual([]);
  });
});

describe('a rule more for one step of several', () => {
  const runbook = `
name: two
approvals: together
steps:
  - { id: one, privileged: true, run: echo one }
  - { id: two, privileged: true, run: echo two }
finally:
  - { id: tidy, run: echo tidied }
`;
  const slot = (step: string, require: string): string =>
    `  - { name: ${step} rule, when: step.id == "${step}", require: { ${require} } }\n`;
  const base = `rules:\n${slot('one', 'approvals: [{ id: s, from: [robin] }]')}`;
  const kim = 'approvals: [{ id: s, from: [kim] }]';

  test.each([
    ['', kim],
    ['an exclusion', `${kim}, exclude: [earlier_approver]`],
    [
      'an exclusion of whoever is asked',
      `approvals: [{ id: s, from: [robin] }], exclude: [earlier_approver]`,
    ],
    ['a second person', 'approvals: [{ id: s, from: [kim] }, { id: t, from: [robin] }]'],
  ])('lets the other start with no fewer people: %s', async (_, require) => {
    const scene = openScene({ runbook, policy: `${base}${slot('two', require)}` });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve').catch(() => undefined);
    await scene.resume(run).catch(() => undefined);
    expect(scene.output.text).not.toContain('one');
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('that denies it ends the run before the other', async () => {
    const deny = '  - { name: never, when: step.id == "two", deny: never }\n';
    const scene = openScene({ runbook, policy: `${base}${slot('two', kim)}${deny}` });
    const report = await scene.exec();
    expect(report).toMatchObject({ status: 'denied', exit_code: 13 });
    // What needs nobody puts right what there is, also after a no.
    expect(scene.output.text).toBe('tidied\n');
    expect((await verify(scene)).findings).toEqual([]);
  });

  test('that nobody can meet beside the rest ends the run before the other', async () => {
    const robin = slot('two', 'approvals: [{ id: s, from: [robin] }]');
    const scene = openScene({ runbook, policy: `${base}${robin}` });
    expect(await scene.exec()).toMatchObject({ status: 'denied' });
    expect(scene.output.text).toBe('tidied\n');
  });
});

describe('a journal under a stolen key', () => {
  const gated = `
name: gated
approvals: together
steps:
  - { id: check, run: "false" }
  - { id: gate, manual: stop here }
  - { id: one, privileged: true, run: echo one }
  - { id: two, privileged: true, run: echo two }
finally:
  - { id: tidy, run: echo tidied }
`;

  async function approvedCourt(runbook = gated): Promise<Court> {
    const court = await openCourt({ runbook });
    const { scene } = court;
    const signed = await forgeDecision(scene, scene.people.robin.signer, { person: 'robin' });
    await say(court, decided(court, signed));
    return court;
  }

  async function startOf(court: Court, step: string): Promise<Event> {
    const asked = court.content.commands.find((command) => command.step === step);
    return started(court, {
      step,
      digest: asked?.digest ?? court.content.runbook.source,
      command: asked?.command ?? null,
    });
  }

  test('is caught with a step that starts before those that come before it', async () => {
    const court = await approvedCourt();
    await say(court, await startOf(court, 'two'), finished({ step: 'two' }));
    await expectFinding(court.scene, 'E_RUN', 'authorization');
  });

  test('is caught with a step that was skipped though nothing in its plan lets it be', async () => {
    const court = await approvedCourt();
    await say(court, { type: 'step.skipped', data: { step: 'check', why: '`if` is false' } });
    await court.scene.resume(court.run);
    await expectFinding(court.scene, 'E_RUN', 'authorization');
  });

  test('is caught with a step that ended well and never began', async () => {
    const court = await approvedCourt();
    await say(court, finished({ step: 'check' }));
    await court.scene.resume(court.run);
    await expectFinding(court.scene, 'E_RUN', 'authorization');
  });

  test('is caught with a step that goes on after the run was cancelled', async () => {
    const court = await approvedCourt(gated.replace(/ {2}- \{ id: (check|gate).*\n/g, ''));
    const by = { role: 'caller', identity: 'os:ana@web1', person: 'ana' } as const;
    await say(court, { type: 'run.cancel_requested', data: { by, reason: null } });
    await say(court, await startOf(court, 'one'));
    await expectFinding(court.scene, 'E_RUN', 'authorization');
  });

  test('is caught with a manual step that is asked before its turn', async () => {
    const court = await approvedCourt();
    await say(court, {
      type: 'manual.asked',
      data: { step: 'gate', attempt: 1, text: 'stop here' },
    });
    await expectFinding(court.scene, 'E_RUN', 'authorization');
  });
});

test('an honest history of retries, noes, tolerated failures and `finally` has its order', async () => {
  const scene = openScene({
    runbook: `
name: lively
approvals: together
preconditions:
  - { id: allowed, run: "true" }
steps:
  - { id: shaky, run: "test -e ok || { touch ok; exit 1; }", retry: { attempts: 2, delay: 1ms } }
  - { id: tolerated, run: "false", continue_on_error: true }
  - { id: left_out, if: "false", run: "false" }
  - { id: one, privileged: true, run: "false" }
  - { id: two, privileged: true, run: echo two }
finally:
  - { id: tidy, run: "false" }
  - { id: report, run: echo told }
  - { id: gated, privileged: true, run: echo gated }
`,
  });
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  expect(await scene.resume(run)).toMatchObject({ status: 'failed' });
  await scene.exec();
  await scene.decide(scene.people.robin, 'reject', 'no');
  await scene.service().drive((await scene.service().status(null)).run, driving(scene));
  expect((await verify(scene)).findings).toEqual([]);
});

describe('one request for several steps of which the first has run', () => {
  const runbook = `
name: halfway
approvals: together
steps:
  - { id: one, privileged: true, run: echo one }
  - { id: gate, manual: look }
  - { id: two, privileged: true, run: echo two }
`;

  test.each([
    ['reject', 'rejected'],
    ['revoke', 'waiting'],
  ] as const)('is found by its words, and %s stops the rest', async (decision, status) => {
    const scene = openScene({ runbook });
    const { robin, kim } = scene.people;
    const { run } = await scene.exec();
    const { words } = await scene.open();
    await scene.decide(robin, 'approve');
    await scene.resume(run);
    const door = scene.service();
    expect(await door.requests(false)).toMatchObject([{ steps: ['one', 'two'] }]);
    const who = decision === 'reject' ? kim : robin;
    const proven = await who.approver.read((seen) => door.review(words, seen));
    const choice = { decision, reason: 'not the second' };
    const { signed } = await who.approver.decide(proven, who.signer, choice);
    await door.decide(signed, 'cli');
    await done(scene, run, 'gate');
    expect(await scene.resume(run)).toMatchObject({ status });
    expect(scene.output.text).toBe('one\n');
    expect((await verify(scene)).findings).toEqual([]);
  });
});
