import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunbookError } from '../../src/base/errors.ts';
import type { RunId } from '../../src/base/ids.ts';
import { localService } from '../../src/engine/local-service.ts';
import type { Service } from '../../src/engine/service.ts';
import { encodeCommand } from '../../src/runbook/digest.ts';
import { say, started } from '../audit/court.ts';
import { driving, openScene, type Scene, type SceneOptions } from '../support/scene.ts';
import { leaveUnknown } from './forge.ts';

function program(path: string, text: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** What the attacker's code would leave behind. */
function owned(scene: Scene): boolean {
  return existsSync(join(scene.dir, 'owned'));
}

const evil = '#!/bin/sh\ntouch owned\n';

/** Something that differs between what was approved and what would run. */
interface Swap {
  readonly name: string;
  readonly step: string;
  readonly options?: (scene: { dir: string }) => Partial<SceneOptions>;
  readonly before?: (scene: Scene) => void;
  readonly swap: (scene: Scene) => void;
  /** What the new request says that changed. */
  readonly says: RegExp;
  /** The real folder is bound: what a link points to later does not matter any more. */
  readonly tooLate?: true;
}

const swaps: readonly Swap[] = [
  {
    name: 'a file the step declares',
    step: 'files: [./deploy.sh]\n    run: sh ./deploy.sh',
    before: ({ dir }) => program(join(dir, 'deploy.sh'), 'true\n'),
    swap: ({ dir }) => program(join(dir, 'deploy.sh'), 'touch owned\n'),
    says: /deploy\.sh/,
  },
  {
    name: 'a declared file, by a link to another',
    step: 'files: [./deploy.sh]\n    run: sh ./deploy.sh',
    before: ({ dir }) => program(join(dir, 'deploy.sh'), 'true\n'),
    swap: ({ dir }) => {
      program(join(dir, 'evil.sh'), 'touch owned\n');
      rmSync(join(dir, 'deploy.sh'));
      symlinkSync('evil.sh', join(dir, 'deploy.sh'));
    },
    says: /evil\.sh/,
  },
  {
    name: 'the program itself',
    step: 'exec: ./deploy',
    before: ({ dir }) => program(join(dir, 'deploy'), '#!/bin/sh\ntrue\n'),
    swap: ({ dir }) => program(join(dir, 'deploy'), evil),
    says: /deploy/,
  },
  {
    name: 'the interpreter behind `#!`',
    step: 'exec: ./deploy',
    before: ({ dir }) => {
      program(join(dir, 'interpreter'), '#!/bin/sh\ntrue\n');
      program(join(dir, 'deploy'), `#!${dir}/interpreter\n`);
    },
    swap: ({ dir }) => program(join(dir, 'interpreter'), evil),
    says: /interpreter/,
  },
  {
    name: 'what PATH finds first',
    step: 'exec: deploy',
    options: ({ dir }) => ({ env: { PATH: `${dir}/first:${dir}/second:/usr/bin:/bin` } }),
    before: ({ dir }) => {
      mkdirSync(join(dir, 'first'));
      mkdirSync(join(dir, 'second'));
      program(join(dir, 'second/deploy'), '#!/bin/sh\ntrue\n');
    },
    swap: ({ dir }) => program(join(dir, 'first/deploy'), evil),
    says: /first\/deploy/,
  },
  {
    name: 'what `env` finds',
    step: 'exec: ./deploy',
    options: ({ dir }) => ({ env: { PATH: `${dir}/first:${dir}/second:/usr/bin:/bin` } }),
    before: ({ dir }) => {
      mkdirSync(join(dir, 'first'));
      mkdirSync(join(dir, 'second'));
      program(join(dir, 'second/tool'), '#!/bin/sh\ntrue\n');
      program(join(dir, 'deploy'), '#!/usr/bin/env tool\n');
    },
    swap: ({ dir }) => program(join(dir, 'first/tool'), evil),
    says: /first\/tool/,
  },
  {
    name: 'the folder it runs in, by a link',
    step: 'cwd: current\n    exec: sh deploy.sh',
    before: ({ dir }) => {
      mkdirSync(join(dir, 'v1'));
      writeFileSync(join(dir, 'v1/deploy.sh'), 'true\n');
      symlinkSync('v1', join(dir, 'current'));
    },
    swap: ({ dir }) => {
      mkdirSync(join(dir, 'v2'));
      writeFileSync(join(dir, 'v2/deploy.sh'), 'touch ../owned\n');
      rmSync(join(dir, 'current'));
      symlinkSync('v2', join(dir, 'current'));
    },
    says: /v2/,
    tooLate: true,
  },
];

async function openSwap(swap: Swap): Promise<{ scene: Scene; run: RunId }> {
  const runbook = `name: deploy\nsteps:\n  - id: restart\n    privileged: true\n    ${swap.step}\n`;
  const env: Record<string, string> = {};
  const scene = openScene({ runbook, env });
  Object.assign(env, swap.options?.(scene).env);
  swap.before?.(scene);
  const { run } = await scene.exec();
  await scene.decide(scene.people.robin, 'approve');
  return { scene, run };
}

describe.each(swaps)('$name, swapped', (swap) => {
  test('after the approval: nothing runs, and the new request says what differs', async () => {
    const { scene, run } = await openSwap(swap);
    swap.swap(scene);
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting', exit_code: 10 });
    expect(owned(scene)).toBe(false);
    const superseded = (await scene.service().events(run, 0)).find(
      ({ event }) => event.type === 'approval.superseded',
    );
    expect(JSON.stringify(superseded?.event.data)).toMatch(swap.says);
    const again = await scene.open();
    expect(again.content.supersedes).not.toBeNull();
  });

  test('after the step was recorded as started: it is refused, or runs as it was approved', async () => {
    const { scene, run } = await openSwap(swap);
    const store = scene.openStore();
    const commit = store.commit.bind(store);
    store.commit = async (input) => {
      const committed = await commit(input);
      if (input.commandId.startsWith('start.')) {
        swap.swap(scene);
      }
      return committed;
    };
    const report = await scene.service(store).drive(run, driving(scene));
    await store.close();
    expect(report.status).toBe(swap.tooLate === true ? 'succeeded' : 'failed');
    expect(owned(scene)).toBe(false);
  });

  test('after the approval: a no to the new request ends the run', async () => {
    const { scene, run } = await openSwap(swap);
    swap.swap(scene);
    expect(await scene.resume(run)).toMatchObject({ status: 'waiting' });
    await scene.decide(scene.people.robin, 'reject', 'this is not what I approved');
    expect(await scene.resume(run)).toMatchObject({ status: 'rejected', exit_code: 11 });
    expect(owned(scene)).toBe(false);
  });
});

describe('what is frozen stays frozen', () => {
  const shows = `
name: shows
params:
  who: { type: string, default: ana }
inherit: [COLOUR]
env: { WHO: "\${{ params.who }}" }
steps:
  - id: restart
    privileged: true
    run: echo "$WHO $COLOUR $HOME \${SNEAKED-none}"
`;

  test('the YAML: it is never read again', async () => {
    const scene = openScene({ runbook: shows, env: { COLOUR: 'blue' } });
    const { run } = await scene.exec();
    writeFileSync(
      join(scene.dir, 'runbook.yaml'),
      'name: shows\nsteps:\n  - { id: restart, run: touch owned }\n',
    );
    await scene.decide(scene.people.robin, 'approve');
    expect((await scene.resume(run)).status).toBe('succeeded');
    expect(scene.output.text).toBe(`ana blue ${scene.dir} none\n`);
    expect(owned(scene)).toBe(false);
  });

  test('the environment of whoever drives it: HOME, what it inherits, what sneaks in', async () => {
    const scene = openScene({ runbook: shows, env: { COLOUR: 'blue' } });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    const evilEnv = {
      COLOUR: 'red',
      HOME: '/evil',
      PATH: '/evil',
      SNEAKED: 'in',
      LD_PRELOAD: '/e.so',
    };
    const late = inEnvironment(scene, evilEnv);
    expect((await late.drive(await late.resume({ run, given: {} }), driving(scene))).status).toBe(
      'succeeded',
    );
    expect(scene.output.text).toBe(`ana blue ${scene.dir} none\n`);
  });

  test('parameters: nobody gives others when resuming', async () => {
    const scene = openScene({ runbook: shows, env: { COLOUR: 'blue' } });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    const resumed = await scene.resume(run, { who: 'mallory' }).catch((error: unknown) => error);
    expect(scene.output.text).not.toContain('mallory');
    expect(resumed).toBeDefined();
  });

  test("the environment's values: config.yaml edited after the start changes nothing", async () => {
    const config = (word: string) =>
      `environments: { prod: { vars: { word: ${word} } } }\ndefault_environment: prod\n`;
    const scene = openScene({
      runbook:
        'name: shows\nsteps:\n  - { id: restart, privileged: true, exec: ["echo", "${{ environment.vars.word }}"] }\n',
      config: config('good'),
    });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    scene.trusted.config = config('evil');
    expect((await scene.resume(run)).status).toBe('succeeded');
    expect(scene.output.text).toBe('good\n');
  });

  test('host and user: approved here does not run there', async () => {
    const scene = openScene({ runbook: shows, env: { COLOUR: 'blue' } });
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    for (const other of [{ host: 'elsewhere' }, { uid: 4711 }]) {
      const door = localService({ ...scene.engine(), ...other }, scene.elsewhere);
      expect((await door.drive(run, driving(scene))).status).toBe('waiting');
    }
    expect(scene.output.text).toBe('');
  });
});

describe('a secret read again when resuming', () => {
  const secretive = `
name: secretive
params:
  token: { type: string, secret: true }
steps:
  - id: restart
    privileged: true
    env: { TOKEN: "\${{ params.token }}" }
    run: test "$TOKEN" = right && touch used
`;

  test('must be the one that was approved', async () => {
    const scene = openScene({ runbook: secretive });
    const { run } = await scene.exec({ token: 'right' });
    await scene.decide(scene.people.robin, 'approve');
    for (const given of [{ token: 'other' }, {}]) {
      const error = await scene.resume(run, given).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ exitCode: 2 });
      expect((error as RunbookError).hint).toBeTruthy();
    }
    expect(existsSync(join(scene.dir, 'used'))).toBe(false);
    expect((await scene.resume(run, { token: 'right' })).status).toBe('succeeded');
    expect(existsSync(join(scene.dir, 'used'))).toBe(true);
  });
});

const touchOwned = { kind: 'run', shell: 'sh', script: 'touch owned' } as const;

describe('the probe of an unknown step', () => {
  const probed = `
name: probed
steps:
  - id: restart
    privileged: true
    run: sleep 0
    check:
      exec: ./probe
`;

  test('is the one that was approved, or none', async () => {
    const scene = openScene({ runbook: probed, files: { probe: '#!/bin/sh\nexit 1\n' } });
    chmodSync(join(scene.dir, 'probe'), 0o755);
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    await leaveUnknown(scene, run);
    program(join(scene.dir, 'probe'), evil);
    expect(await scene.resume(run)).toMatchObject({ status: 'unknown', exit_code: 15 });
    expect(owned(scene)).toBe(false);
  });

  test('comes from the command that was started, whatever blob the start names', async () => {
    const scene = openScene({ runbook: probed, files: { probe: '#!/bin/sh\nexit 1\n' } });
    chmodSync(join(scene.dir, 'probe'), 0o755);
    const { run } = await scene.exec();
    await scene.decide(scene.people.robin, 'approve');
    const { content, command } = await scene.open();
    const evilCheck = { ...command, check: { ...command, action: touchOwned, programs: [] } };
    const blob = await scene.engine().store.putBlob(encodeCommand(evilCheck));
    await say({ scene, run }, await started({ scene, run, content }, { command: blob }));
    expect(await scene.resume(run)).toMatchObject({ status: 'unknown', exit_code: 15 });
    expect(owned(scene)).toBe(false);
    expect(scene.entries.some(({ event }) => event.type === 'step.started')).toBe(false);
  });

  test('never makes an approval of itself', async () => {
    const scene = openScene({ runbook: probed, files: { probe: '#!/bin/sh\nexit 0\n' } });
    chmodSync(join(scene.dir, 'probe'), 0o755);
    const { run } = await scene.exec();
    expect((await scene.resume(run)).status).toBe('waiting');
    expect(readFileSync(join(scene.dir, 'probe'), 'utf8')).toContain('exit 0');
    expect(
      (await scene.service().events(run, 0)).some(({ event }) => event.type === 'step.started'),
    ).toBe(false);
  });
});

/** Another process of the same person, in another environment. */
function inEnvironment(scene: Scene, env: Record<string, string>): Service {
  return localService({ ...scene.engine(), env }, scene.elsewhere);
}
