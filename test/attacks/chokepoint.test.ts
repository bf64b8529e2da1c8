import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Actions } from '../../src/actions/action.ts';
import type { Spawn } from '../../src/approval/permit.ts';
import { JournalError } from '../../src/base/errors.ts';
import type { RunId } from '../../src/base/ids.ts';
import { localService } from '../../src/engine/local-service.ts';
import { recordedOf } from '../../src/run/recorded.ts';
import type { Store } from '../../src/store/store.ts';
import { Stopped } from '../support/crashing-store.ts';
import { driving, openScene, type Scene } from '../support/scene.ts';

/** Every way to a spawn: preconditions, plain steps, privileged ones, retries, probes, `finally`. */
const everything = `
name: everything
preconditions:
  - { id: before, run: echo before >> ran.txt }
steps:
  - { id: plain, run: echo plain >> ran.txt }
  - id: restart
    privileged: true
    run: echo restart >> ran.txt; test -e again || { touch again; exit 3; }
    retry: { attempts: 3, delay: 0s }
    check: { run: echo check >> ran.txt }
finally:
  - { id: after, run: echo after >> ran.txt }
`;

function ran(scene: Scene): readonly string[] {
  const file = join(scene.dir, 'ran.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

describe('a step starts only once its start is durable', () => {
  const starts = [
    { start: 'start.before.1', allowed: [] },
    { start: 'start.plain.1', allowed: ['before'] },
    { start: 'start.restart.1', allowed: ['before', 'plain'] },
    { start: 'start.restart.2', allowed: ['before', 'plain', 'restart'] },
    { start: 'start.after.1', allowed: ['before', 'plain', 'restart', 'restart'] },
  ];

  test.each(starts)(
    'where `$start` cannot be recorded, nothing of it runs',
    async ({ start, allowed }) => {
      const scene = openScene({ runbook: everything });
      const store = scene.openStore();
      const commit = store.commit.bind(store);
      store.commit = async (input) => {
        if (input.commandId === start) {
          throw new JournalError({ code: 'journal_full', message: 'no space left' });
        }
        return commit(input);
      };
      const door = scene.service(store);
      const text = readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8');
      const source = { name: null, file: 'runbook.yaml', dir: scene.dir, text, trusted: false };
      const run = await door.start({
        source,
        given: {},
        environment: null,
        reason: null,
        ticket: null,
      });
      await door.drive(run, driving(scene)).catch(() => undefined);
      await scene.decide(scene.people.robin, 'approve').catch(() => undefined);
      await expect(door.drive(run, driving(scene))).rejects.toMatchObject({ exitCode: 18 });
      await store.close();
      expect(ran(scene)).toEqual(allowed);
    },
  );

  test('the same for the probe of an unknown step', async () => {
    const scene = openScene({ runbook: everything });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    const store = scene.openStore();
    const commit = store.commit.bind(store);
    store.commit = async (input) => {
      if (input.commandId.startsWith('start.restart/check')) {
        throw new JournalError({ code: 'journal_full', message: 'no space left' });
      }
      const committed = await commit(input);
      if (input.commandId === 'start.restart.1') {
        throw new JournalError({ code: 'gone', message: 'the process ended here' });
      }
      return committed;
    };
    await expect(scene.service(store).drive(run, driving(scene))).rejects.toMatchObject({
      code: 'gone',
    });
    await expect(scene.service(store).drive(run, driving(scene))).rejects.toMatchObject({
      exitCode: 18,
    });
    await store.close();
    expect(ran(scene)).toEqual(['before', 'plain']);
  });
});

test('every spawn holds a permit that names its own durable start, and no two hold the same', async () => {
  const scene = openScene({ runbook: everything });
  const spawns: Spawn[] = [];
  const engine = scene.engine();
  const actions: Actions = {
    ...engine.actions,
    start: async (spawn, io) => {
      const [entry] = await engine.store.entries(spawn.permit.started, spawn.permit.started + 1);
      const recorded = entry === undefined ? null : recordedOf(entry);
      expect(recorded?.event).toMatchObject({
        type: 'step.started',
        data: { digest: spawn.permit.digest, token: spawn.permit.attemptToken },
      });
      spawns.push(spawn);
      return engine.actions.start(spawn, io);
    },
  };
  const drive = async (store: Store, run?: RunId): Promise<RunId> => {
    const door = localService({ ...engine, actions, store }, scene.elsewhere);
    const text = readFileSync(join(scene.dir, 'runbook.yaml'), 'utf8');
    const source = { name: null, file: 'runbook.yaml', dir: scene.dir, text, trusted: false };
    const nothing = { given: {}, environment: null, reason: null, ticket: null };
    const driven = run ?? (await door.start({ source, ...nothing }));
    await door
      .drive(driven, driving(scene))
      .catch((error: unknown) => expect(error).toBeInstanceOf(Stopped));
    return driven;
  };
  const dying = scene.openStore();
  const commit = dying.commit.bind(dying);
  dying.commit = async (input) => {
    const committed = await commit(input);
    if (input.commandId === 'start.restart.1') {
      throw new Stopped('after `step.started`');
    }
    return committed;
  };
  for (const store of [engine.store, dying]) {
    const run = await drive(engine.store);
    await scene.decide(scene.people.robin, 'approve');
    await drive(store, run);
    await drive(engine.store, run);
  }
  await dying.close();
  expect(ran(scene).join(' ')).toBe('before plain restart restart after before plain check after');
  expect(spawns.map(({ permit }) => permit.basis.kind).join(' ')).toBe(
    'policy policy grant grant policy policy policy check policy',
  );
  expect(new Set(spawns.map(({ permit }) => permit.started)).size).toBe(spawns.length);
});

describe('the sources', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }));
  const holding = (pattern: RegExp): readonly string[] =>
    sources
      .filter(({ text }) => pattern.test(text))
      .map(({ file }) => file)
      .sort();

  test('call the chokepoint from the two places that hold a recorded start', () => {
    expect(holding(/actions\s*\.start\(/)).toEqual([
      'engine/step/execute-step.ts',
      'engine/step/settle-step.ts',
    ]);
  });

  test('make a permit in one place, after the commit', () => {
    expect(holding(/\bpermit: Permit = /)).toEqual(['engine/step/start-attempt.ts']);
  });

  test('take decisions in one place', () => {
    expect(holding(/type: 'approval\.decided', data/)).toEqual([
      'engine/decision/commit-decision.ts',
    ]);
    expect(holding(/\bcommitDecision\(/)).toEqual([
      'engine/decision/attest-decision.ts',
      'engine/decision/commit-decision.ts',
      'engine/decision/record-decision.ts',
    ]);
  });
});
