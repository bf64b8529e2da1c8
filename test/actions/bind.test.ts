import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bind } from '../../src/actions/bind.ts';
import { sha256 } from '../../src/base/digest.ts';
import { RunbookError } from '../../src/base/errors.ts';
import type { Command } from '../../src/runbook/command.ts';
import { aCommand, actions, aGet, aScript, inFolder, path, writeProgram } from './scene.ts';

function exec(argv: readonly string[], changes: Partial<Command> = {}): Command {
  return aCommand({ action: { kind: 'exec', argv }, ...changes });
}

function namesOf(command: Command): readonly string[] {
  return actions.bind(command, false).programs.map((program) => basename(program.path));
}

function codeOf(command: Command): string {
  try {
    actions.bind(command, true);
  } catch (error) {
    return error instanceof RunbookError ? error.code : String(error);
  }
  return 'bound';
}

describe('binding', () => {
  test('resolves the folder, and a bound command stays as it is', async () => {
    await inFolder((folder) => {
      mkdirSync(join(folder, 'real'));
      symlinkSync('real', join(folder, 'link'));
      const bound = actions.bind(aCommand({ cwd: join(folder, 'link') }), true);
      expect(bound.cwd).toBe(join(folder, 'real'));
      expect(actions.bind(bound, true)).toEqual(bound);
    });
  });

  test('hashes for a privileged step, and takes paths alone for another', async () => {
    await inFolder((cwd) => {
      writeFileSync(join(cwd, 'data'), 'text');
      const command = aCommand({ cwd, files: [{ path: './data', sha256: null }] });
      expect(actions.bind(command, true).files).toEqual([
        { path: join(cwd, 'data'), sha256: sha256('text') },
      ]);
      expect(actions.bind(command, true).programs[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(actions.bind(command, false).files).toEqual([
        { path: join(cwd, 'data'), sha256: null },
      ]);
      expect(actions.bind(command, false).programs).toEqual([
        { path: realpathSync('/bin/sh'), sha256: null },
      ]);
    });
  });

  test('binds the check too', () => {
    const { check } = actions.bind(aCommand({ check: aCommand(aScript(':', 'bash')) }), true);
    expect(check?.programs[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('refuses a program that cannot be hashed for approval, and takes its path otherwise', () => {
    const refuse = (): never => {
      throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    };
    const command = aCommand(aScript(':'));
    expect(() => bind(command, { file: refuse, program: refuse })).toThrow(
      expect.objectContaining({ code: 'program_unreadable' }),
    );
    expect(bind(command, null).programs[0]?.sha256).toBeNull();
  });

  test('starts no program for http', () => {
    expect(actions.bind(aCommand(aGet('http://localhost/')), true).programs).toEqual([]);
  });
});

describe('a program is found', () => {
  test("by the step's PATH, never by ours", async () => {
    await inFolder((cwd) => {
      const own = writeProgram(join(cwd, 'id'), '#!/bin/sh\n');
      expect(
        actions.bind(exec(['id'], { env: { PATH: [`/nowhere:${cwd}:${path}`] } }), true).programs[0]
          ?.path,
      ).toBe(own);
      expect(codeOf(exec(['id'], { env: { PATH: ['/nowhere'] } }))).toBe('program_missing');
      expect(codeOf(aCommand({ env: { PATH: ['/nowhere'] } }))).toBe('program_missing');
    });
  });

  test('past a file of that name that cannot be executed', async () => {
    await inFolder((cwd) => {
      writeFileSync(join(cwd, 'id'), 'text', { mode: 0o644 });
      const command = exec(['id'], { env: { PATH: [`${cwd}:${path}`] } });
      expect(actions.bind(command, true).programs[0]?.path).not.toContain(cwd);
      expect(codeOf(exec(['./id'], { cwd }))).toBe('program_not_executable');
    });
  });

  test('in the folder, where PATH has an empty entry', async () => {
    await inFolder((cwd) => {
      writeProgram(join(cwd, 'tool'), '#!/bin/sh\n');
      expect(codeOf(exec(['tool'], { cwd, env: { PATH: [`/nowhere:`] } }))).toBe('bound');
    });
  });

  test('through links, by its real path', async () => {
    await inFolder((cwd) => {
      symlinkSync('/bin/sh', join(cwd, 'shell'));
      expect(actions.bind(exec(['./shell'], { cwd }), true).programs[0]?.path).toBe(
        realpathSync('/bin/sh'),
      );
    });
  });

  test('not while PATH holds a secret', () => {
    const secret = { secret: 'env.PATH', commitment: sha256('') };
    expect(codeOf(aCommand({ env: { PATH: ['/bin:', secret] } }))).toBe('path_secret');
  });
});

describe('what runs the program is followed', () => {
  test.each<[string, string, readonly string[]]>([
    ['an interpreter', '#!/bin/cat', ['tool', 'cat']],
    ['an interpreter with an argument and spaces', '#! \t/bin/cat -n', ['tool', 'cat']],
    ['a name for env', '#!/usr/bin/env cat', ['tool', 'env', 'cat']],
    ['words for env -S', '#!/usr/bin/env -S cat -n', ['tool', 'env', 'cat']],
    ['variables for env -S', '#!/usr/bin/env -S A=1 B=2 cat', ['tool', 'env', 'cat']],
    ['the long form of -S', '#!/usr/bin/env --split-string=cat -n', ['tool', 'env', 'cat']],
    ['another PATH for env', '#!/usr/bin/env -S PATH=/tmp cat', ['tool', 'env']],
    ['options of env', '#!/usr/bin/env -S -i cat', ['tool', 'env']],
    ['quotes for env', '#!/usr/bin/env -S "cat"', ['tool', 'env']],
    ['a relative interpreter', '#!../bin/cat', ['tool', 'cat']],
    ['an interpreter that is a script', '#!SELF/middle', ['tool', 'middle', 'env', 'cat']],
    ['an empty interpreter', '#!\n', ['tool', basename(realpathSync('/bin/sh'))]],
  ])('%s', async (_, line, names) => {
    await inFolder((folder) => {
      writeProgram(join(folder, 'middle'), '#!/usr/bin/env cat\n');
      writeProgram(join(folder, 'tool'), `${line.replace('SELF', folder)}\ntext`);
      // The kernel takes a relative interpreter from the folder the process is in.
      const command = exec([join(folder, 'tool')], { cwd: '/usr' });
      expect(namesOf(command)).toEqual(
        names.map((name) =>
          name === 'cat' || name === 'env' ? basename(realpathSync(`/usr/bin/${name}`)) : name,
        ),
      );
    });
  });

  test('of an argv that begins with env', () => {
    expect(namesOf(exec(['env', 'A=1', 'cat', 'x']))).toEqual(['env', 'cat']);
    expect(namesOf(exec(['env']))).toEqual(['env']);
    expect(namesOf(exec(['env', '-i', 'cat']))).toEqual(['env']);
  });

  test('but not in circles', async () => {
    await inFolder((folder) => {
      const tool = join(folder, 'tool');
      writeProgram(tool, `#!${tool}\n`);
      expect(codeOf(exec([tool]))).toBe('program_chain');
    });
  });

  test('and an interpreter that is missing is an error', async () => {
    await inFolder((folder) => {
      expect(codeOf(exec([writeProgram(join(folder, 'tool'), '#!/nowhere/lang\n')]))).toBe(
        'program_missing',
      );
    });
  });
});

describe('what cannot be bound is an error', () => {
  test.each<[string, (folder: string) => Partial<Command>, string]>([
    ['a missing folder', (cwd) => ({ cwd: join(cwd, 'x') }), 'cwd_missing'],
    ['a file as a folder', (cwd) => ({ cwd: join(cwd, 'file') }), 'cwd_missing'],
    ['a missing file', (cwd) => ({ cwd, files: [{ path: 'x', sha256: null }] }), 'file_missing'],
    [
      'a folder in `files`',
      (cwd) => ({ cwd, files: [{ path: '.', sha256: null }] }),
      'file_not_regular',
    ],
    [
      'a device in `files`',
      (cwd) => ({ cwd, files: [{ path: '/dev/null', sha256: null }] }),
      'file_not_regular',
    ],
    ['no program at all', () => ({ action: { kind: 'exec', argv: [] } }), 'program_missing'],
    [
      'a folder as a program',
      () => ({ action: { kind: 'exec', argv: ['/usr'] } }),
      'program_missing',
    ],
  ])('%s', async (_, changes, code) => {
    await inFolder((folder) => {
      writeFileSync(join(folder, 'file'), '');
      chmodSync(join(folder, 'file'), 0o644);
      expect(codeOf(aCommand(changes(folder)))).toBe(code);
    });
  });
});
