import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/run/events.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { crashingStore, Stopped } from '../support/crashing-store.ts';
import { driving, openScene, type Scene, type SceneOptions } from '../support/scene.ts';
import { forgetHolds } from './crash-at.ts';
import { execOn, resolveBy, resumeOn } from './on-store.ts';

const ran = 'echo "$RUNBOOK_ATTEMPT" >> effects';

const privileged = (more = '') => `
name: restart
steps:
  - id: restart
    privileged: true
    run: ${ran}
${more}
  - id: verify
    run: ${ran}
`;

const effects = (scene: Scene): number => {
  const file = join(scene.dir, 'effects');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0;
};

async function events(scene: Scene): Promise<readonly Event[]> {
  const { run } = await scene.service().status(null);
  return (await scene.engine().store.loadRun(run)).map((entry) => recordedOf(entry).event);
}

const typesOf = (list: readonly Event[]): readonly string[] => list.map(({ type }) => type);

/**
 * A scene whose privileged step was approved, and whose process then died around that step: before its
 * start was recorded, after that and before the spawn, or after it ran and before its end was recorded.
 */
async function crashed(
  options: SceneOptions,
  at: 'after start' | 'before finish',
): Promise<{ readonly scene: Scene; readonly run: string }> {
  const scene = openScene(options);
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  // Commits of a resumption: run.resumed, step.started, step.finished.
  const point =
    at === 'after start'
      ? ({ commit: 2, when: 'after' } as const)
      : ({ commit: 3, when: 'before' } as const);
  const store = crashingStore(scene.engine().store, point);
  await expect(resumeOn(scene, store, run)).rejects.toThrow(Stopped);
  await forgetHolds(scene.engine().store);
  return { scene, run };
}

describe('a privileged step that had started when its process died', () => {
  test('is unknown, and no resumption runs it again', async () => {
    const { scene, run } = await crashed({ runbook: privileged() }, 'before finish');
    expect(await scene.service().status(run)).toMatchObject({ status: 'running' });
    for (const _ of [1, 2, 3]) {
      expect(await scene.resume(run)).toMatchObject({ status: 'unknown', exit_code: 15 });
    }
    expect(effects(scene)).toBe(1);
    expect(typesOf(await events(scene)).filter((type) => type === 'step.unknown')).toHaveLength(1);
  });

  test('is settled by a signature from outside the run: it succeeded, and the run goes on', async () => {
    const { scene, run } = await crashed({ runbook: privileged() }, 'before finish');
    await scene.resume(run);
    await resolveBy(scene, scene.people.robin, { step: 'restart', outcome: 'succeeded' });
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(effects(scene)).toBe(2);
    await expectVerified(scene);
  });

  test('is settled as failed: the run fails', async () => {
    const { scene, run } = await crashed({ runbook: privileged() }, 'after start');
    await scene.resume(run);
    await resolveBy(scene, scene.people.robin, { step: 'restart', outcome: 'failed' });
    expect(await scene.resume(run)).toMatchObject({ status: 'failed', exit_code: 1 });
    expect(effects(scene)).toBe(0);
    await expectVerified(scene);
  });

  test('is to be tried again: that takes a new approval', async () => {
    const { scene, run } = await crashed({ runbook: privileged() }, 'after start');
    await scene.resume(run);
    await resolveBy(scene, scene.people.robin, { step: 'restart', outcome: 'retry' });
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    expect(effects(scene)).toBe(0);
    await scene.decide(scene.people.kim, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(effects(scene)).toBe(2);
    await expectVerified(scene);
  });

  test('is not settled without a signature, nor by anybody behind the run', async () => {
    const { scene, run } = await crashed({ runbook: privileged() }, 'before finish');
    await scene.resume(run);
    const unsigned = { run, step: 'restart', outcome: 'retry', reason: 'why not', signed: null };
    await expect(scene.service().resolve({ ...unsigned, outcome: 'retry' })).rejects.toMatchObject({
      code: 'signature_missing',
      exitCode: 13,
    });
    const retry = { step: 'restart', outcome: 'retry' } as const;
    await expect(resolveBy(scene, scene.people.ana, retry)).rejects.toMatchObject({
      code: 'key_not_asked',
    });
    expect(await scene.service().status(run)).toMatchObject({ status: 'unknown' });
  });

  test('is settled once: a second word comes too late', async () => {
    const { scene } = await crashed({ runbook: privileged() }, 'before finish');
    await scene.resume((await scene.service().status(null)).run);
    await resolveBy(scene, scene.people.robin, { step: 'restart', outcome: 'succeeded' });
    await expect(
      resolveBy(scene, scene.people.kim, { step: 'restart', outcome: 'retry' }),
    ).rejects.toMatchObject({ code: 'step_not_unknown' });
  });

  test('stays unknown when the run is cancelled, and nothing can be said of it afterwards', async () => {
    const runbook = `
name: restart
steps:
  - { id: restart, privileged: true, run: touch effects }
finally:
  - { id: tidy, run: "true" }
`;
    const { scene, run } = await crashed({ runbook }, 'before finish');
    await scene.resume(run);
    const cancelled = await scene.service().cancel(run, null, driving(scene));
    expect(cancelled).toMatchObject({ status: 'cancelled', terminal: true });
    expect(cancelled.steps.map(({ status }) => status)).toEqual(['unknown', 'succeeded']);
    await expect(
      resolveBy(scene, scene.people.robin, { step: 'restart', outcome: 'succeeded' }),
    ).rejects.toMatchObject({ code: 'run_ended' });
    await expectVerified(scene);
  });
});

async function expectVerified(scene: Scene): Promise<void> {
  const pins = scene.people.robin.approver.pins();
  const report = await scene.service().verify({ receipts: [], pins, progress: () => undefined });
  expect(report.findings).toEqual([]);
}

describe('what can be said without a person', () => {
  const checked = privileged('    check: { exec: test -e effects }');
  const again = privileged('    idempotent: true');

  test('the check finds that it ran: it succeeded, and nothing is run again', async () => {
    const { scene, run } = await crashed({ runbook: checked }, 'before finish');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(effects(scene)).toBe(2);
    await expectVerified(scene);
  });

  test('a check that finds nothing leaves it unknown: it never grants another try', async () => {
    const { scene, run } = await crashed({ runbook: checked }, 'after start');
    expect(await scene.resume(run)).toMatchObject({ status: 'unknown' });
    expect(effects(scene)).toBe(0);
  });

  test('`idempotent` spares the answer, not the grant', async () => {
    const { scene, run } = await crashed({ runbook: again }, 'before finish');
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    expect(effects(scene)).toBe(1);
    await scene.decide(scene.people.robin, 'approve');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    expect(effects(scene)).toBe(3);
    await expectVerified(scene);
  });

  test('a grant with uses left is used again, and the use counts', async () => {
    const runbook = privileged('    idempotent: true\n    retry: 2');
    const { scene, run } = await crashed({ runbook }, 'before finish');
    expect(await scene.resume(run)).toMatchObject({ status: 'succeeded' });
    const uses = (await events(scene)).flatMap((event) =>
      event.type === 'step.started' && event.data.permit.kind === 'grant'
        ? [event.data.permit.use]
        : [],
    );
    expect(uses).toEqual([1, 2]);
    await expectVerified(scene);
  });
});

describe('a step whose process outlived ours', () => {
  test('is running, not unknown, as long as anything of it lives', async () => {
    const { scene, run } = await crashed({ runbook: privileged() }, 'after start');
    const started = (await events(scene)).find((event) => event.type === 'step.started');
    const token = started?.type === 'step.started' ? started.data.token : '';
    const left = spawn('sleep', ['60'], { env: { RUNBOOK_ATTEMPT: token }, detached: true });
    onTestFinished(() => {
      left.kill('SIGKILL');
    });
    await once(left, 'spawn');
    await expect(scene.resume(run)).rejects.toMatchObject({
      code: 'step_still_running',
      exitCode: 16,
      message: `step \`restart\` still runs, as process ${left.pid}`,
    });
    expect(typesOf(await events(scene))).not.toContain('step.unknown');
    const gone = once(left, 'exit');
    left.kill('SIGKILL');
    await gone;
    expect(await scene.resume(run)).toMatchObject({ status: 'unknown' });
  });

  test('tells its end too late: that is recorded, and changes nothing', async () => {
    const scene = openScene({
      runbook: `
name: late
steps:
  - id: slow
    run: |
      ${ran}
      until [ -e go ]; do sleep 0.02; done
      echo done
  - id: next
    run: ${ran}
`,
    });
    const running = execOn(scene, scene.engine().store);
    await expect.poll(() => effects(scene)).toBe(1);
    // Somebody else takes our process for dead, and says so.
    const other = scene.openStore();
    const { run } = await scene.service().status(null);
    const entries = await other.loadRun(run);
    const unknown: Event = {
      type: 'step.unknown',
      data: { step: 'slow', attempt: 1, why: 'gone' },
    };
    await other.commit({
      run,
      expectedVersion: entries.length,
      commandId: 'unknown.slow.1',
      events: [unknown],
    });
    await other.close();
    writeFileSync(join(scene.dir, 'go'), '');
    expect(await running).toMatchObject({ status: 'unknown', exit_code: 15 });
    expect(typesOf(await events(scene)).slice(-2)).toEqual(['step.unknown', 'step.late']);
    expect(effects(scene)).toBe(1);
    await expectVerified(scene);
  });
});

describe('an HTTP request without an answer', () => {
  /** Answers nothing, and hangs up. */
  async function mute(): Promise<string> {
    const server = createServer((request) => {
      request.socket.destroy();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  const asking = (method: string, url: string) => `
name: asking
steps:
  - id: ask
    http: ${method} ${url}/
finally:
  - { id: tidy, run: ${ran.replaceAll('"', "'")} }
`;

  test('is unknown where it may have changed something, and `finally` waits', async () => {
    const scene = openScene({ runbook: asking('POST', await mute()) });
    expect(await scene.exec()).toMatchObject({ status: 'unknown', exit_code: 15, terminal: false });
    expect(effects(scene)).toBe(0);
  });

  test('is a failure where it cannot have', async () => {
    const scene = openScene({ runbook: asking('GET', await mute()) });
    expect(await scene.exec()).toMatchObject({ status: 'failed', exit_code: 1, terminal: true });
    expect(effects(scene)).toBe(1);
  });
});
