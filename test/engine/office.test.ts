import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunId } from '../../src/base/ids.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import { openChat } from '../support/chat.ts';
import { issueToken } from '../support/click.ts';
import { eventually } from '../support/eventually.ts';
import { elsewhereHolder } from '../support/holder.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';
import { bot, staff } from '../support/staff.ts';

const gated = `
name: gated
steps:
  - id: look
    run: echo looked >> seen.txt
  - id: restart
    privileged: true
    run: echo "$RUNBOOK_ATTEMPT" >> ran.txt
  - id: verify
    run: "true"
`;

const gateAlone = `
name: gate-alone
steps:
  - id: restart
    privileged: true
    run: echo "$RUNBOOK_ATTEMPT" >> ran.txt
`;

function linesOf(scene: Scene, file: string): readonly string[] {
  const path = join(scene.dir, file);
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

/** Robin signs for one request, whoever else waits. */
async function approve(scene: Scene, run: RunId): Promise<void> {
  const { robin } = scene.people;
  const door = scene.service();
  const [request] = (await door.status(run)).requests;
  const proven = await robin.approver.read((seen) => door.review(request?.request ?? '', seen));
  const signed = await robin.approver.decide(proven, robin.signer, {
    decision: 'approve',
    reason: null,
  });
  robin.approver.keep(signed, (await door.decide(signed.signed, 'cli')).recorded);
}

function openRequests(scene: Scene): () => Promise<number> {
  const { store } = scene.engine();
  return async () => (await store.listRequests({ open: true, limit: 1000 })).length;
}

async function typesOf(scene: Scene, run: RunId): Promise<readonly string[]> {
  return (await scene.engine().store.loadRun(run)).map((entry) => recordedOf(entry).event.type);
}

describe('a run started through the API', { timeout: 60_000 }, () => {
  test('waits without anybody, goes on by itself after a decision, and ends', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled, office } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    await eventually(() => office.figures()).toMatchObject({ open: 1, active: 0, stranded: 0 });
    await approve(scene, run);
    await settled(run, 'succeeded');
    expect(linesOf(scene, 'ran.txt')).toHaveLength(1);
    await eventually(() => office.figures().open).toBe(0);
    expect((await scene.engine().store.listServed()).length).toBe(0);
  });

  test('is marked as such, and one of this machine is not', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled, store } = staff(scene);
    const served = await start();
    await settled(served, 'waiting');
    const { run } = await scene.exec();
    const viaOf = async (which: RunId) => {
      const [first] = (await store.loadRun(which)).map(recordedOf);
      return first?.event.type === 'run.started' ? first.event.data.via : null;
    };
    expect(await viaOf(served)).toBe('api');
    expect(await viaOf(run)).toBeUndefined();
  });

  test('ends when a reviewer says no', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    await scene.decide(scene.people.robin, 'reject');
    expect(await settled(run, 'rejected')).toMatchObject({ exit_code: 11 });
    await eventually(async () => (await scene.service().status(run)).terminal).toBe(true);
    expect(linesOf(scene, 'ran.txt')).toEqual([]);
  });

  test('ends when it is cancelled while it waits, by the office alone', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled, door } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    expect(await door.cancel(run, 'not today', driving(scene))).toMatchObject({
      status: 'cancelled',
    });
  });

  test('expires while it waits, and is asked for anew once somebody resumes it', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled, door } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    scene.clock.shift(31 * 60_000);
    await eventually(() => typesOf(scene, run)).toContain('approval.expired');
    await door.resume({ run, given: {} });
    await settled(run, 'waiting');
    await approve(scene, run);
    await settled(run, 'succeeded');
  });

  test('waits for its next attempt without holding a worker', async () => {
    const scene = openScene({
      runbook: `
name: flaky
steps:
  - id: flaky
    retry: { attempts: 2, delay: 10m }
    run: test -e ready
`,
    });
    const { start, office } = staff(scene);
    const run = await start();
    await eventually(() => typesOf(scene, run)).toContain('step.finished');
    await eventually(() => office.figures()).toMatchObject({ open: 1, active: 0 });
    scene.clock.shift(11 * 60_000);
    await eventually(() => typesOf(scene, run)).toContain('run.finished');
    expect((await typesOf(scene, run)).filter((type) => type === 'step.started')).toHaveLength(2);
  });

  test('takes a decision that comes while it is driven', async () => {
    const scene = openScene({ runbook: gated });
    const store = scene.openStore();
    const commit = store.commit.bind(store);
    let decided = false;
    const { start, settled } = staff(scene, {
      store: Object.assign(store, {
        commit: async (input: Parameters<typeof commit>[0]) => {
          const committed = await commit(input);
          if (input.commandId.startsWith('request.') && !decided) {
            decided = true;
            // The office is in the middle of driving it, and comes to wait only after this.
            await scene.decide(scene.people.robin, 'approve');
          }
          return committed;
        },
      }),
    });
    await settled(await start(), 'succeeded');
    expect(linesOf(scene, 'ran.txt')).toHaveLength(1);
  });

  test('that cannot be driven is tried again, and the others are not kept from their work', async () => {
    const bound = gated.replace('privileged: true', 'privileged: true\n    files: [./tool]');
    const scene = openScene({ runbook: bound, files: { tool: 'as it was' } });
    const { start, settled, troubles } = staff(scene, { workers: 1 });
    const sick = await start();
    await settled(sick, 'waiting');
    writeFileSync(join(scene.dir, 'runbook.yaml'), gated);
    const well = await start();
    await settled(well, 'waiting');
    rmSync(join(scene.dir, 'tool'));
    await approve(scene, sick);
    await eventually(() => troubles).toContain(`${sick}: claim_impossible`);
    await approve(scene, well);
    await settled(well, 'succeeded');
    writeFileSync(join(scene.dir, 'tool'), 'as it was');
    scene.clock.shift(60_000);
    await settled(sick, 'succeeded');
    expect(linesOf(scene, 'ran.txt')).toHaveLength(2);
  });
});

describe('whoever is not the office', { timeout: 60_000 }, () => {
  test('cannot take on, drive or end a run of a server that lives', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled, stop } = staff(scene);
    const run = await start();
    await settled(run, 'waiting');
    await stop();
    const { store } = scene.engine();
    await elsewhereHolder(store, 'serve');
    const held = { code: 'run_held', exitCode: 16 };
    await expect(scene.resume(run)).rejects.toMatchObject(held);
    await expect(scene.service(undefined, bot).drive(run, driving(scene))).rejects.toMatchObject(
      held,
    );
    await approve(scene, run);
    expect(linesOf(scene, 'ran.txt')).toEqual([]);
    // It would go on, as soon as the server looks: whoever waits is right to wait.
    const waited = await scene.service().wait(run, 300, new AbortController().signal);
    expect(waited.status).toBe('waiting');
  });

  test('finds no second office beside the first', async () => {
    const scene = openScene({ runbook: gated });
    const { store } = scene.engine();
    await elsewhereHolder(store, 'serve');
    const { office } = staff(scene, { store: scene.openStore() });
    await expect(office.work(new AbortController().signal)).rejects.toMatchObject({
      code: 'serve_held',
      exitCode: 16,
    });
  });
});

describe('an office that ends', { timeout: 60_000 }, () => {
  test('comes back with none of 200 open requests lost, and each approved one runs once', async () => {
    const scene = openScene({ runbook: gateAlone, account: 'runbook@here' });
    const chats = [openChat(), openChat()] as const;
    const first = staff(scene, { engine: { receptions: [chats[0].reception] } });
    const runs: RunId[] = [];
    for (let count = 0; count < 200; count += 1) {
      runs.push(await first.start());
    }
    await eventually(openRequests(scene)).toBe(200);
    first.crash();
    const second = staff(scene, { engine: { receptions: [chats[1].reception] } });
    expect((await (await chats[1].front()).open()).length).toBe(200);
    for (const run of runs) {
      expect(await chats[1].click(run, 'ROBIN', 'approve')).toMatchObject({ code: 'recorded' });
    }
    await eventually(openRequests(scene)).toBe(0);
    await eventually(() => second.office.figures().open).toBe(0);
    expect(new Set(linesOf(scene, 'ran.txt')).size).toBe(200);
    expect(linesOf(scene, 'ran.txt')).toHaveLength(200);
  }, 180_000);

  test('lets a step end and begins no other, and the next office goes on', async () => {
    const scene = openScene({
      runbook: `
name: slow
steps:
  - id: first
    run: echo begun > begun.txt; while ! test -e go; do sleep 0.05; done
  - id: second
    run: echo second >> second.txt
`,
    });
    const first = staff(scene, { engine: { graceMs: 60_000 } });
    const run = await first.start();
    await eventually(() => existsSync(join(scene.dir, 'begun.txt'))).toBe(true);
    const stopped = first.stop();
    writeFileSync(join(scene.dir, 'go'), '');
    await stopped;
    expect(existsSync(join(scene.dir, 'second.txt'))).toBe(false);
    expect(await scene.service().status(run)).toMatchObject({ status: 'running' });
    const second = staff(scene);
    await second.settled(run, 'succeeded');
    expect(linesOf(scene, 'second.txt')).toEqual(['second']);
  });

  test('interrupts a step that outlasts its grace', async () => {
    const scene = openScene({
      runbook: `
name: endless
steps:
  - id: endless
    run: echo begun > begun.txt; sleep 600
`,
    });
    const { start, stop } = staff(scene, { engine: { graceMs: 100 } });
    const run = await start();
    await eventually(() => existsSync(join(scene.dir, 'begun.txt'))).toBe(true);
    await stop();
    const types = await typesOf(scene, run);
    expect(types).toContain('step.finished');
    expect(types).toContain('run.cancel_requested');
  });
});

describe('a run of this machine', { timeout: 60_000 }, () => {
  test('that nobody drives ends when it is cancelled through the API', async () => {
    const scene = openScene({ runbook: gated });
    const { door, office } = staff(scene);
    const { run } = await scene.exec();
    expect(await door.cancel(run, 'not today', driving(scene))).toMatchObject({
      status: 'cancelled',
      terminal: true,
    });
    await eventually(() => office.figures().open).toBe(0);
  });

  test('that is approved, and that nobody has gone on with, ends so too', async () => {
    const scene = openScene({ runbook: gated });
    const { door } = staff(scene);
    const { run } = await scene.exec();
    await approve(scene, run);
    expect(await door.cancel(run, null, driving(scene))).toMatchObject({ status: 'cancelled' });
    expect(linesOf(scene, 'ran.txt')).toEqual([]);
  });

  test('that was cancelled, or resumed through the API, is taken up by the next office', async () => {
    const scene = openScene({ runbook: gated });
    const first = staff(scene);
    const { run: resumed } = await scene.exec();
    const { run: cancelled } = await scene.exec();
    const { run: other } = await scene.exec();
    await issueToken(scene, { ...bot, scopes: ['start'] });
    await first.door.resume({ run: resumed, given: {} });
    await first.settled(resumed, 'waiting');
    await first.stop();
    await scene.engine().store.commit({
      run: cancelled,
      expectedVersion: null,
      commandId: 'cancel',
      events: [
        {
          type: 'run.cancel_requested',
          data: { by: { role: 'caller', identity: 'token:gone', person: 'ana' }, reason: null },
        },
      ],
    });
    const second = staff(scene);
    await second.settled(cancelled, 'cancelled');
    await approve(scene, resumed);
    await second.settled(resumed, 'succeeded');
    expect(await scene.service().status(other)).toMatchObject({ status: 'waiting' });
  });
});

describe('a run whose secrets went with an earlier process', { timeout: 60_000 }, () => {
  const secret = `
name: secret
params:
  token: { type: string, secret: true }
env:
  TOKEN: \${{ params.token }}
steps:
  - id: restart
    privileged: true
    run: echo "$RUNBOOK_ATTEMPT" >> ran.txt
`;

  test('takes decisions, is not driven into failure, and goes on once they are given again', async () => {
    const scene = openScene({ runbook: secret });
    const first = staff(scene);
    const run = await first.start({ token: 'hunter2-hunter2' });
    await first.settled(run, 'waiting');
    first.crash();
    const second = staff(scene);
    await eventually(() => second.office.figures()).toMatchObject({ open: 1, stranded: 1 });
    await approve(scene, run);
    expect(await second.door.wait(run, null, new AbortController().signal)).toMatchObject({
      status: 'waiting',
      reason: expect.stringContaining('token') as string,
      next: { command: `runbook resume ${run} --params-file -` },
    });
    await second.door.resume({ run, given: { token: 'hunter2-hunter2' } });
    await second.settled(run, 'succeeded');
    expect(linesOf(scene, 'ran.txt')).toHaveLength(1);
  });

  test('ends after a no without them', async () => {
    const scene = openScene({ runbook: secret });
    const first = staff(scene);
    const run = await first.start({ token: 'hunter2-hunter2' });
    await first.settled(run, 'waiting');
    first.crash();
    const second = staff(scene);
    await eventually(() => second.office.figures().stranded).toBe(1);
    await scene.decide(scene.people.robin, 'reject');
    await eventually(async () => (await scene.service().status(run)).terminal).toBe(true);
    await eventually(() => second.office.figures().open).toBe(0);
  });
});

describe('the service of an office', { timeout: 60_000 }, () => {
  test('follows where an engine would drive, and tells what happens', async () => {
    const scene = openScene({ runbook: gated });
    const { start, door } = staff(scene);
    const told: string[] = [];
    const run = await start();
    const options = driving(scene);
    const report = await door.drive(run, {
      ...options,
      wait: 'expiry',
      listener: {
        ...options.listener,
        recorded: ({ event }) => told.push(event.type),
        waiting: () => {
          told.push('waiting');
          void approve(scene, run);
        },
      },
    });
    expect(report.status).toBe('succeeded');
    expect(told).toContain('waiting');
    expect(told.at(-1)).toBe('run.finished');
  });

  test('stays open when one of its callers leaves', async () => {
    const scene = openScene({ runbook: gated });
    const { start, settled, door } = staff(scene);
    await door.close();
    await settled(await start(), 'waiting');
  });
});
