import { describe, expect, test } from 'vitest';
import { formatTime } from '../../src/base/clock.ts';
import { RunbookError } from '../../src/base/errors.ts';
import type { StartInput } from '../../src/engine/service.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { staff } from '../support/staff.ts';

const runbook = `name: later
steps:
  - { id: act, exec: echo ran }
finally:
  - { id: tidy, exec: echo tidied }
`;

const hour = 3_600_000;

async function inputAt(scene: Scene, afterMs: number): Promise<StartInput> {
  return {
    source: await scene.service().openRunbook('runbook.yaml'),
    given: {},
    environment: null,
    reason: null,
    ticket: null,
    notBefore: formatTime(scene.clock.now().wallMs + afterMs),
  };
}

describe('a run that starts later', () => {
  test('waits until then, and does nothing before', async () => {
    const scene = openScene({ runbook });
    const input = await inputAt(scene, hour);
    const service = scene.service();
    const run = await service.start(input);
    const waiting = await service.drive(run, driving(scene));
    expect(waiting).toMatchObject({
      status: 'waiting',
      exit_code: 10,
      reason: `starts at ${input.notBefore}`,
      starts_at: input.notBefore,
      next: { command: `runbook resume ${run}` },
    });
    expect(scene.output.text).toBe('');
    scene.clock.shift(hour);
    const end = await service.drive(run, driving(scene));
    expect(end).toMatchObject({ status: 'succeeded' });
    expect(end.starts_at).toBeUndefined();
    const { findings } = await service.verify({
      receipts: [],
      pins: [],
      progress: () => undefined,
    });
    expect(findings).toEqual([]);
  });

  test('is started by whoever stays, as soon as it is time', async () => {
    const scene = openScene({ runbook });
    const service = scene.service();
    const run = await service.start(await inputAt(scene, hour));
    const driven = service.drive(run, { ...driving(scene), wait: 'expiry' });
    scene.clock.shift(hour);
    expect(await driven).toMatchObject({ status: 'succeeded' });
  });

  test('is started by the office, by itself', async () => {
    const scene = openScene({ runbook });
    const { door, settled } = staff(scene);
    const run = await door.start(await inputAt(scene, hour));
    await settled(run, 'waiting');
    scene.clock.shift(hour);
    await settled(run, 'succeeded');
  });

  test('is left by an interrupt', async () => {
    const scene = openScene({ runbook });
    const service = scene.service();
    const run = await service.start(await inputAt(scene, hour));
    const leave = new AbortController();
    const driven = service.drive(run, { ...driving(scene), wait: 'expiry', signal: leave.signal });
    leave.abort();
    expect(await driven).toMatchObject({ status: 'waiting', exit_code: 10 });
  });

  test('ends without a trace of its steps where it is cancelled before', async () => {
    const scene = openScene({ runbook });
    const service = scene.service();
    const run = await service.start(await inputAt(scene, hour));
    const end = await service.cancel(run, null, driving(scene));
    expect(end).toMatchObject({ status: 'cancelled', exit_code: 17 });
    const types = (await service.events(run, 0)).map(({ event }) => event.type);
    expect(types).toEqual(['run.started', 'run.cancel_requested', 'run.finished']);
  });

  test('cannot start in the past', async () => {
    const scene = openScene({ runbook });
    const start = scene.service().start(await inputAt(scene, -1));
    await expect(start).rejects.toBeInstanceOf(RunbookError);
    await expect(start).rejects.toMatchObject({ code: 'at_past' });
  });

  test('cannot be scheduled further ahead than a request may wait at all', async () => {
    const scene = openScene({ runbook });
    const month = 30 * 24 * hour;
    const start = scene.service().start(await inputAt(scene, month + hour));
    await expect(start).rejects.toMatchObject({ code: 'at_far' });
    await expect(scene.service().start(await inputAt(scene, month - hour))).resolves.toBeTypeOf(
      'string',
    );
  });

  test('asks at once what it asks together, and holds the approval until then', async () => {
    const scene = openScene({
      runbook: `name: gated
approvals: together
steps:
  - { id: one, privileged: true, exec: echo one }
  - { id: two, privileged: true, exec: echo two }
`,
    });
    const service = scene.service();
    const run = await service.start(await inputAt(scene, hour));
    const asked = await service.drive(run, driving(scene));
    expect(asked).toMatchObject({ status: 'waiting', requests: [{ steps: ['one', 'two'] }] });
    await scene.decide(scene.people.robin, 'approve');
    const waiting = await service.drive(run, driving(scene));
    expect(waiting).toMatchObject({ status: 'waiting', requests: [] });
    expect(waiting.starts_at).toBeDefined();
    expect(scene.output.text).toBe('');
    scene.clock.shift(hour + 60_000);
    const end = await service.drive(run, driving(scene));
    expect(end).toMatchObject({ status: 'succeeded' });
    const { findings } = await service.verify({
      receipts: [],
      pins: [],
      progress: () => undefined,
    });
    expect(findings).toEqual([]);
  });

  test('ends at once where that is rejected', async () => {
    const scene = openScene({
      runbook: `name: gated
approvals: together
steps:
  - { id: one, privileged: true, exec: echo one }
  - { id: two, privileged: true, exec: echo two }
finally:
  - { id: tidy, exec: echo tidied }
`,
    });
    const service = scene.service();
    const run = await service.start(await inputAt(scene, hour));
    await service.drive(run, driving(scene));
    await scene.decide(scene.people.robin, 'reject');
    expect(await service.drive(run, driving(scene))).toMatchObject({ status: 'rejected' });
    expect(scene.output.text).toBe('');
  });

  test('is judged by the rules of its time, not of now', async () => {
    const scene = openScene({
      runbook: 'name: gated\nsteps:\n  - { id: act, privileged: true, exec: echo ran }\n',
    });
    const soon = scene.clock.now().wallMs + hour / 2;
    scene.trusted.policy = `floor: { pending: 2h }
rules:
  - name: night
    when: now < timestamp("${formatTime(soon)}")
    deny: not yet
`;
    const plan = await scene.service().plan(await inputAt(scene, hour));
    expect(plan.steps.map(({ verdict }) => verdict.kind)).toEqual(['ask']);
    const run = await scene.service().start(await inputAt(scene, hour));
    scene.clock.shift(hour);
    const gate = await scene.service().drive(run, driving(scene));
    expect(gate).toMatchObject({ status: 'waiting', requests: [{ step: 'act' }] });
  });
});
