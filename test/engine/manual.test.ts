import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { start } from '../../src/actions/start.ts';
import type { Permit } from '../../src/approval/permit.ts';
import { RunbookError } from '../../src/base/errors.ts';
import type { DoneInput } from '../../src/engine/service.ts';
import { commandDigest } from '../../src/runbook/digest.ts';
import { driving, openScene, type Scene, type SceneOptions } from '../support/scene.ts';

const runbook = `name: failover
params: { shard: { type: string, default: s1 } }
steps:
  - id: look
    manual: Writes on \${{ params.shard }} are zero in Grafana.
    ask:
      leader: { type: string, enum: [db1, db2] }
      lag: { type: integer, min: 0, max: 10 }
      remark: { type: string, required: false }
  - id: promote
    exec: echo promoting \${{ steps.look.outputs.leader }} after \${{ steps.look.outputs.lag }}
`;

const answers = { leader: 'db2', lag: '3' };

async function done(
  scene: Scene,
  run: string,
  over: Partial<DoneInput> & { readonly caller?: object } = {},
) {
  const { caller, ...input } = over;
  return scene
    .service(undefined, caller)
    .done({ run, step: 'look', outcome: 'succeeded', note: null, given: answers, ...input });
}

async function codeOf(what: Promise<unknown>): Promise<string> {
  try {
    await what;
    return 'none';
  } catch (error) {
    return error instanceof RunbookError ? error.code : String(error);
  }
}

function scene(source = runbook, options: Partial<SceneOptions> = {}): Scene {
  return openScene({ runbook: source, ...options });
}

async function findings(of: Scene): Promise<readonly string[]> {
  const { findings } = await of
    .service()
    .verify({ receipts: [], pins: [], progress: () => undefined });
  return findings.map(({ code, message }) => `${code} ${message}`);
}

describe('a step that a person does', () => {
  test('waits with what is to be done, and goes on with what they said', async () => {
    const here = scene();
    const waiting = await here.exec();
    expect(waiting).toMatchObject({
      status: 'waiting',
      exit_code: 10,
      terminal: false,
      requests: [],
      manual: {
        step: 'look',
        text: 'Writes on s1 are zero in Grafana.',
        ask: { leader: { enum: ['db1', 'db2'] } },
        until: null,
      },
      next: { command: `runbook done ${waiting.run} look -o lag=… -o leader=…` },
    });
    expect(waiting.steps.map(({ status }) => status)).toEqual(['waiting', 'pending']);

    await done(here, waiting.run, { note: 'looked twice' });
    const end = await here.resume(waiting.run);
    expect(end).toMatchObject({ status: 'succeeded', exit_code: 0 });
    expect(end.steps[0]).toMatchObject({
      status: 'succeeded',
      done_by: 'ana',
      reason: 'looked twice',
      outputs: { leader: 'db2', lag: 3, remark: null },
    });
    expect(here.output.text).toContain('promoting db2 after 3');
    expect(await findings(here)).toEqual([]);
  });

  test('is waited for by whoever stays, and goes on as soon as somebody says so', async () => {
    const here = scene();
    const service = here.service();
    const run = await service.start({
      source: { name: null, file: 'r.yaml', dir: here.dir, text: runbook, trusted: false },
      given: {},
      environment: null,
      reason: null,
      ticket: null,
    });
    const { listener, ...options } = driving(here);
    let tell = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const recorded: typeof listener.recorded = ({ event }) => {
      if (event.type === 'manual.asked') {
        tell();
      }
    };
    const driven = service.drive(run, {
      ...options,
      wait: 'expiry',
      listener: { ...listener, recorded },
    });
    await asked;
    await done(here, run);
    expect(await driven).toMatchObject({ status: 'succeeded' });
  });

  test('fails where they say so, and needs no answers then', async () => {
    const here = scene();
    const { run } = await here.exec();
    await done(here, run, { outcome: 'failed', note: 'writes go on', given: {} });
    expect(await here.resume(run)).toMatchObject({
      status: 'failed',
      exit_code: 1,
      reason: 'writes go on',
    });
  });

  test('is tolerated with `continue_on_error`, skipped by `if`, and left out after a cancellation', async () => {
    const source = `name: r
steps:
  - { id: never, manual: never, if: "false" }
  - { id: look, manual: look, continue_on_error: true }
  - { id: next, manual: next }
finally:
  - { id: tidy, manual: tidy up }
  - { id: end, exec: echo end }
`;
    const here = scene(source);
    const { run } = await here.exec();
    await done(here, run, { outcome: 'failed', given: {} });
    const second = await here.resume(run);
    expect(second.steps.map(({ status }) => status).slice(0, 3)).toEqual([
      'skipped',
      'tolerated',
      'waiting',
    ]);
    const end = await here.service().cancel(run, null, driving(here));
    expect(end.status).toBe('cancelled');
    expect(end.steps.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'never skipped',
      'look tolerated',
      'next cancelled',
      'tidy skipped',
      'end succeeded',
    ]);
    expect(await findings(here)).toEqual([]);
  });

  test('runs in `finally` of a run that failed', async () => {
    const here = scene(
      'name: r\nsteps:\n  - { id: bad, exec: "false" }\nfinally:\n  - { id: look, manual: tidy up }\n',
    );
    const { run, manual } = await here.exec();
    expect(manual?.step).toBe('look');
    await done(here, run, { given: {} });
    expect(await here.resume(run)).toMatchObject({ status: 'failed', exit_code: 1 });
  });

  test('fails when somebody looks after its time', async () => {
    const here = scene('name: r\nsteps:\n  - { id: look, manual: look, timeout: 1h }\n');
    const { run, manual } = await here.exec();
    expect(manual?.until).not.toBeNull();
    here.clock.shift(3_600_000);
    expect(await codeOf(done(here, run, { given: {} }))).toBe('manual_too_late');
    expect(await here.resume(run)).toMatchObject({
      status: 'failed',
      reason: 'nobody said in time that it is done',
    });
    expect(await findings(here)).toEqual([]);
  });

  test('is asked once, whichever process looks', async () => {
    const here = scene();
    const { run } = await here.exec();
    await here.restart();
    await here.resume(run);
    const asked = (await here.service().events(run, 0)).filter(
      ({ event }) => event.type === 'manual.asked',
    );
    expect(asked).toHaveLength(1);
  });
});

describe('what they say', () => {
  test('is checked against what was asked, everything wrong at once', async () => {
    const here = scene();
    const { run } = await here.exec();
    const wrong = done(here, run, { given: { leader: 'db9', extra: 'x' } });
    await expect(wrong).rejects.toThrow(
      /unknown output `extra`; `lag` is missing; `leader` must be one of db1, db2, not `db9`/,
    );
    expect(await codeOf(done(here, run, { given: {} }))).toBe('outputs_invalid');
  });

  test('is taken once', async () => {
    const here = scene();
    const { run } = await here.exec();
    await done(here, run);
    await expect(done(here, run, { outcome: 'failed', given: {} })).rejects.toThrow(
      '`ana` has said already how step `look` went: succeeded',
    );
  });

  test('is taken only where it is waited for', async () => {
    const here = scene();
    const { run } = await here.exec();
    expect(await codeOf(done(here, run, { step: 'promote' }))).toBe('step_not_asked');
    expect(await codeOf(done(here, run, { step: 'nothing' }))).toBe('step_not_asked');
  });
});

describe('who may say so', () => {
  test('neither an agent nor a CI job', async () => {
    const here = scene();
    const { run } = await here.exec();
    const agent = { agent: 'deploy-bot' };
    const job = { ci: { identity: 'github/acme/infra', actor: undefined } };
    expect(await codeOf(done(here, run, { caller: agent }))).toBe('agent_does_manual');
    expect(await codeOf(done(here, run, { caller: job }))).toBe('agent_does_manual');
  });

  test('an account that maps to nobody, by its name, where nothing is privileged', async () => {
    const here = scene();
    const { run } = await here.exec();
    const report = await done(here, run, { caller: { osUser: `guest@${hostname()}` } });
    expect(report.steps[0]?.done_by).toBe(`os:guest@${hostname()}`);
    expect(await findings(here)).toEqual([]);
  });

  test('nobody unknown where a step is privileged', async () => {
    const here = scene(`${runbook}    privileged: true\n`);
    const { run } = await here.exec();
    const guest = { osUser: `guest@${hostname()}` };
    expect(await codeOf(done(here, run, { caller: guest }))).toBe('initiator_unknown');
  });
});

describe('it approves nothing', () => {
  test('by the initiator or by a later approver, the tally stays as it was', async () => {
    const here = scene(`${runbook}    privileged: true\n`, {
      morePeople: `  - { name: lee, os_users: [lee@${hostname()}] }`,
    });
    const { run } = await here.exec();
    await done(here, run, { caller: { osUser: `lee@${hostname()}` } });
    const gate = await here.resume(run);
    expect(gate).toMatchObject({
      status: 'waiting',
      requests: [{ step: 'promote', missing: [{ count: 1 }] }],
    });
    expect((await here.open()).decisions).toEqual([]);
  });
});

describe('the chokepoint', () => {
  test('starts nothing for a command that was forged into a manual one', async () => {
    const forged = { v: 1, action: { kind: 'manual', text: 'touch made-by-hand' } } as never;
    const permit: Permit = {
      digest: commandDigest(forged),
      started: 1,
      attemptToken: 'token',
      basis: { kind: 'policy' },
    };
    expect(await start({ command: forged, permit }, {} as never, {} as never)).toEqual({
      kind: 'refused',
      message: 'nothing is started for an action `manual`',
    });
  });

  test('is never reached by a manual step', async () => {
    const here = scene('name: r\nsteps:\n  - { id: look, manual: "touch made-by-hand" }\n');
    const { run } = await here.exec();
    await done(here, run, { given: {} });
    await here.resume(run);
    const types = (await here.service().events(run, 0)).map(({ event }) => event.type);
    expect(types).toEqual([
      'run.started',
      'manual.asked',
      'manual.done',
      'run.resumed',
      'run.finished',
    ]);
  });
});
