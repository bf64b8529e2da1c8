import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newRequestId } from '../../src/base/ids.ts';
import type { Command } from '../../src/runbook/command.ts';
import {
  aCommand,
  actions,
  aScript,
  inFolder,
  path,
  permitFor,
  startWith,
  writeProgram,
} from './scene.ts';

/** Everything an attacker could hope to change after the permit was given. */
async function refusalOf(permitted: Command, started: Command): Promise<string> {
  const { result, stdout } = await startWith(permitFor(permitted), started);
  expect(stdout).toBe('');
  expect(result.kind).toBe('refused');
  return result.kind === 'refused' ? result.message : '';
}

describe('the chokepoint refuses what the permit is not for', () => {
  const permitted = actions.bind(
    aCommand({ ...aScript('echo ran'), env: { PATH: [path], A: ['1'] } }),
    true,
  );

  test.each<[string, Partial<Command>]>([
    ['another script', aScript('echo ran; id')],
    ['another shell', aScript('echo ran', 'bash')],
    ['an argv in place of a script', { action: { kind: 'exec', argv: ['echo', 'ran'] } }],
    ['another value in the environment', { env: { PATH: [path], A: ['2'] } }],
    ['one more variable', { env: { PATH: [path], A: ['1'], LD_PRELOAD: ['/tmp/x.so'] } }],
    ['another folder', { cwd: '/tmp' }],
    ['a longer timeout', { timeout_ms: 1_000_000 }],
    [
      'programs that were hashed before and are not now',
      { programs: permitted.programs.map((it) => ({ ...it, sha256: null })) },
    ],
    ['another environment', { environment: 'prod' }],
    ['another user', { uid: 1 }],
  ])('%s', async (_, changes) => {
    expect(await refusalOf(permitted, { ...permitted, ...changes })).toContain('the permit is for');
  });

  test('a permit of another command', async () => {
    const other = actions.bind(aCommand(aScript('echo other')), true);
    expect(await refusalOf(other, permitted)).toContain('the permit is for');
  });

  test('a command that was never bound, even with its own permit', async () => {
    const unbound = aCommand(aScript('echo ran'));
    expect(await refusalOf(unbound, unbound)).toContain('was not bound');
  });
});

describe('the chokepoint refuses a permit', () => {
  const grant = { kind: 'grant', request: newRequestId(), use: 1 } as const;

  test('that rests on an approval, for a program or file that is bound by its path alone', async () => {
    const script = actions.bind(aCommand(aScript('echo ran')), false);
    const files = [{ path: '/etc/passwd', sha256: null }];
    const reading = { ...actions.bind(aCommand(aScript('echo ran')), true), files };
    for (const command of [script, reading]) {
      const { result, stdout } = await startWith({ ...permitFor(command), basis: grant }, command);
      expect(stdout).toBe('');
      expect(result.kind === 'refused' && result.message).toContain('by its hash');
    }
  });

  test('that names no recorded start', async () => {
    const command = actions.bind(aCommand(aScript('echo ran')), true);
    const { result } = await startWith({ ...permitFor(command), started: -1 }, command);
    expect(result).toEqual({ kind: 'refused', message: 'the permit names no recorded start' });
  });
});

describe('the chokepoint refuses when the disk no longer holds what was bound', () => {
  test('a changed file', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'data'), 'good');
      const command = actions.bind(
        aCommand({ ...aScript('cat data'), cwd, files: [{ path: 'data', sha256: null }] }),
        true,
      );
      writeFileSync(join(cwd, 'data'), 'evil');
      expect(await refusalOf(command, command)).toContain('changed: its hash was');
    });
  });

  test('a removed file', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'data'), 'good');
      const command = actions.bind(
        aCommand({ cwd, files: [{ path: 'data', sha256: null }] }),
        true,
      );
      unlinkSync(join(cwd, 'data'));
      expect(await refusalOf(command, command)).toContain('cannot be read: ENOENT');
    });
  });

  test('a file that became a link to another one', async () => {
    await inFolder(async (cwd) => {
      writeFileSync(join(cwd, 'data'), 'good');
      writeFileSync(join(cwd, 'other'), 'good');
      const command = actions.bind(
        aCommand({ cwd, files: [{ path: 'data', sha256: null }] }),
        true,
      );
      unlinkSync(join(cwd, 'data'));
      symlinkSync('other', join(cwd, 'data'));
      expect(await refusalOf(command, command)).toContain('now it would be');
    });
  });

  test('a changed program, though only its last byte, in the same instant', async () => {
    await inFolder(async (cwd) => {
      const tool = writeProgram(join(cwd, 'tool'), '#!/bin/sh\necho 1');
      const command = actions.bind(
        aCommand({ cwd, action: { kind: 'exec', argv: ['./tool'] } }),
        true,
      );
      writeProgram(tool, '#!/bin/sh\necho 2');
      expect(await refusalOf(command, command)).toContain('changed: its hash was');
    });
  });

  test('a changed interpreter behind `#!/usr/bin/env`', async () => {
    await inFolder(async (cwd) => {
      writeProgram(join(cwd, 'tool'), '#!/usr/bin/env lang\n');
      const lang = writeProgram(join(cwd, 'lang'), '#!/bin/sh\necho good');
      const command = actions.bind(
        aCommand({
          cwd,
          env: { PATH: [`${cwd}:${path}`] },
          action: { kind: 'exec', argv: ['./tool'] },
        }),
        true,
      );
      writeProgram(lang, '#!/bin/sh\necho evil');
      expect(await refusalOf(command, command)).toContain(`\`${lang}\` changed`);
    });
  });

  test('a program that now comes earlier on PATH, also for a step without hashes', async () => {
    await inFolder(async (cwd) => {
      const command = actions.bind(
        aCommand({
          cwd,
          env: { PATH: [`${cwd}:${path}`] },
          action: { kind: 'exec', argv: ['id'] },
        }),
        false,
      );
      writeProgram(join(cwd, 'id'), '#!/bin/sh\necho evil');
      expect(await refusalOf(command, command)).toContain('now it would be');
    });
  });

  test('a folder that was moved away and replaced by a link', async () => {
    await inFolder(async (folder) => {
      mkdirSync(join(folder, 'a'));
      const command = actions.bind(aCommand({ cwd: join(folder, 'a') }), true);
      renameSync(join(folder, 'a'), join(folder, 'b'));
      symlinkSync('b', join(folder, 'a'));
      expect(await refusalOf(command, command)).toContain('the folder is now');
    });
  });
});

test('what the caller does to its command after `start` makes no difference', async () => {
  const command = actions.bind(aCommand(aScript('echo approved')), true);
  const mutable = { ...command };
  const running = startWith(permitFor(command), mutable);
  Object.assign(mutable, aScript('echo swapped'));
  expect((await running).stdout).toBe('approved\n');
});

describe('nothing else can spawn or connect', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }));

  function importers(pattern: RegExp): readonly string[] {
    return sources
      .filter(({ text }) => pattern.test(text))
      .map(({ file }) => file)
      .sort();
  }

  test('processes start in `actions/process.ts`, our own helpers in `base/tool.ts`', () => {
    expect(
      importers(/(?:from|import\(|require\()\s*['"](?:node:)?(?:execa|child_process|cluster)['"]/),
    ).toEqual(['actions/process.ts', 'base/tool.ts']);
  });

  test('requests leave this area through `actions/http.ts` alone', () => {
    const network = importers(/\bfetch\(|['"]node:(?:https?|http2|net|tls|dgram)['"]/);
    expect(network.filter((file) => file.startsWith('actions/'))).toEqual(['actions/http.ts']);
  });

  test('only the chokepoint reaches them', () => {
    const beside = importers(/['"]\.\/(?:process|http)\.ts['"]/);
    const elsewhere = importers(/actions\/(?:process|http)\.ts['"]/);
    expect([...beside.filter((file) => file.startsWith('actions/')), ...elsewhere]).toEqual([
      'actions/start.ts',
    ]);
  });
});
